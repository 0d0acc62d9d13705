// Ruin: which orders to take out, and in which order to put them back.
#include "search.hpp"

namespace dropwright {

namespace {

constexpr int kMostRemoved = 12;
constexpr int kSecondChances = 4, kMostSent = 30;  // of orders left over; where somebody may be sent out for them
constexpr int kMostStrings = 3, kLongestString = 10;
constexpr std::size_t kLongestDay = 60;
constexpr int kSought = 4, kDraws = 9;  // one move of so many draws up to so many seeds for one that nobody rides out to

// Two of three moves whose seed nobody rides out to send a courier there. In a hundred others: up to here neighbours of
// a seed are taken out, then strings, trips, days, rivals for goods, orders of one wave or one hub, any orders.
constexpr int kNeighbours = 24, kStrings = 64, kTrips = 76, kDays = 80, kRivals = 86, kWaves = 92;

}  // namespace

// Notes that a served order is to be taken out.
void Search::pull(int order, std::vector<int>& out) {
    if (!order_active_[ix(order)] || !state_.served(order) || pulled_[ix(order)] == move_) return;
    pulled_[ix(order)] = move_;
    out.push_back(order);
}

// Takes the orders out, and with them those whose first trip would start where the courier is not. False: that would
// touch an order of another part.
bool Search::take_out(std::vector<int>& out) {
    std::vector<int> couriers;
    for (std::size_t done = 0; done < out.size();) {
        const std::span<const int> fresh = std::span(out).subspan(done);
        couriers.clear();
        for (const int order : fresh)
            for (const Piece& piece : state_.pieces[ix(order)])
                if (piece.courier >= 0) couriers.push_back(piece.courier);
        state_.remove(fresh);
        done = out.size();
        for (const int courier : couriers) {
            if (!state_.stranded(courier)) continue;
            for (const Visit& visit : state_.routes[ix(courier)].trips[0].visits) {
                if (!order_active_[ix(visit.order)]) return false;
                pull(visit.order, out);
            }
        }
    }
    return true;
}

// The orders of the trip that carries the order's first piece: `most` stops in a row at most, its own among them.
void Search::pull_string(int order, int most, std::vector<int>& out) {
    const Piece& piece = state_.pieces[ix(order)][0];
    const auto& visits = state_.routes[ix(piece.courier)].trips[ix(piece.trip)].visits;
    const int count = static_cast<int>(visits.size());
    const int length = 1 + random_.below(std::min(count, most));
    const int low = std::max(0, piece.at - length + 1), high = std::min(piece.at, count - length);
    const int first = low + random_.below(high - low + 1);
    for (int v = first; v < first + length; ++v) pull(visits[ix(v)].order, out);
}

bool Search::ruin(std::vector<int>& out) {
    const auto any = [&] { return active_orders_[ix(random_.below(static_cast<int>(active_orders_.size())))]; };
    ++move_;
    const auto rides_out = [&](int order) { return !state_.pieces[ix(order)].empty() && state_.pieces[ix(order)][0].courier >= 0; };
    int seed = any();
    if (random_.below(kSought) == 0)
        for (int draws = 1; draws < kDraws && rides_out(seed); ++draws) seed = any();
    const auto& own = state_.pieces[ix(seed)];
    const bool rides = rides_out(seed);
    sends_ = !rides && random_.below(3) != 0;
    const int dice = random_.below(100);
    const int wanted = 1 + random_.below(kMostRemoved);
    pool_.assign(1, seed);
    pool_.insert(pool_.end(), near(seed).begin(), near(seed).end());
    if (sends_) {  // what carriers have around one that nobody rides out to, for a courier who goes there
        for (const int other : pool_)
            if (static_cast<int>(out.size()) < wanted && !rides_out(other)) pull(other, out);
    } else if (dice < kNeighbours) {
        for (const int other : pool_) {
            if (static_cast<int>(out.size()) >= wanted) break;
            if (other == seed || random_.below(4) != 0) pull(other, out);
        }
    } else if (dice < kTrips) {  // strings, or whole trips, that pass near the seed
        const bool whole = dice >= kStrings;
        int strings = whole ? 1 + (random_.below(4) == 0) : 1 + random_.below(kMostStrings);
        for (std::size_t i = 0; i < pool_.size() && strings > 0; ++i) {
            const int other = pool_[i];
            const auto& found = state_.pieces[ix(other)];
            if (found.empty() || !order_active_[ix(other)] || pulled_[ix(other)] == move_) continue;
            if (found[0].courier >= 0) {
                if (whole)
                    for (const Visit& visit : state_.routes[ix(found[0].courier)].trips[ix(found[0].trip)].visits) pull(visit.order, out);
                else
                    pull_string(other, kLongestString, out);
                --strings;
            } else if (!whole && random_.below(2) == 0) {
                pull(other, out);
                --strings;
            }
        }
    } else if (dice < kDays) {  // a courier's whole day, so that it may stay at home
        std::size_t stops = 0;
        if (rides)
            for (const Trip& trip : state_.routes[ix(own[0].courier)].trips) stops += trip.visits.size();
        if (rides && stops <= kLongestDay)
            for (const Trip& trip : state_.routes[ix(own[0].courier)].trips)
                for (const Visit& visit : trip.visits) pull(visit.order, out);
    } else if (dice < kRivals) {  // orders that want the same goods
        const auto& lines = problem_.orders[ix(seed)].lines;
        pull(seed, out);
        if (!lines.empty()) {
            const auto& rivals = problem_.wanted_by[ix(lines[ix(random_.below(static_cast<int>(lines.size())))].sku)];
            for (int i = 0; i < wanted; ++i) pull(rivals[ix(random_.below(static_cast<int>(rivals.size())))], out);
        }
    } else if (dice < kWaves) {  // orders picked in the same wave, or at least at the same hub
        pull(seed, out);
        const bool one_wave = random_.below(2) == 0;
        for (int tries = 0; !own.empty() && tries < 8 * kMostRemoved && static_cast<int>(out.size()) < wanted; ++tries) {
            const int other = any();
            const auto& found = state_.pieces[ix(other)];
            if (!found.empty() && found[0].hub == own[0].hub && (!one_wave || found[0].wave == own[0].wave)) pull(other, out);
        }
    } else {  // anywhere
        for (int i = 0; i < wanted; ++i) pull(any(), out);
    }
    if (!take_out(out)) return false;
    // Some of those left over get another chance, near ones first.
    const int chances = sends_ ? kMostSent : kSecondChances;
    int extra = 0;
    for (const int other : pool_) {
        if (extra == chances) break;
        if (!order_active_[ix(other)] || state_.served(other) || pulled_[ix(other)] == move_) continue;
        out.push_back(other);
        extra += other != seed;
    }
    return true;
}

void Search::sort_for_recreation(std::vector<int>& out) {
    for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[ix(random_.below(static_cast<int>(i)))]);
    const auto by = [&](auto key) {
        std::stable_sort(out.begin(), out.end(), [&](int a, int b) { return key(a) < key(b); });
    };
    const auto& orders = problem_.orders;
    switch (random_.below(8)) {
        case 0:
        case 1:
            by([&](int o) { return orders[ix(o)].deliver_due; });
            break;
        case 2:
            by([&](int o) {
                int options = 0;
                for (const int hub : problem_.hubs_near[ix(o)]) {
                    bool holds = true;
                    for (const Line& line : orders[ix(o)].lines) holds = holds && state_.left(hub, line.sku) >= line.quantity;
                    options += holds;
                }
                return options;
            });
            break;
        case 3:
            by([&](int o) {
                const int hub = problem_.hubs_near[ix(o)].empty() ? -1 : problem_.hubs_near[ix(o)][0];
                return hub < 0 || problem_.profiles.empty() ? 0 : -problem_.leg(0, hub, problem_.point_of(o)).metres;
            });
            break;
        case 4:
            by([&](int o) {
                std::int64_t units = 0;
                for (const Line& line : orders[ix(o)].lines) units -= problem_.skus[ix(line.sku)].millilitres * line.quantity;
                return units;
            });
            break;
        default:
            break;
    }
}

}  // namespace dropwright
