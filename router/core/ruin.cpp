// Ruin: which orders to take out, and in which order to put them back.
#include "search.hpp"

namespace dropwright {

namespace {

constexpr int kMostRemoved = 12;
constexpr std::size_t kLongestDay = 60;

// In a hundred moves: up to here neighbours of a seed are taken out, then strings, trips, days, rivals, any orders.
constexpr int kNeighbours = 28, kStrings = 60, kTrips = 76, kDays = 80, kRivals = 88;

}  // namespace

// Takes an order out, and with it those whose first trip would start where the courier is not. False: that would
// touch an order of another part.
bool Search::pull(int order, std::vector<int>& out) {
    if (!order_active_[ix(order)]) return false;
    std::vector<int> couriers;
    for (const Piece& piece : state_.pieces[ix(order)])
        if (piece.courier >= 0) couriers.push_back(piece.courier);
    state_.remove(order);
    out.push_back(order);
    for (const int courier : couriers)
        while (state_.stranded(courier))
            if (!pull(state_.routes[ix(courier)].trips[0].visits[0].order, out)) return false;
    return true;
}

bool Search::ruin(std::vector<int>& out) {
    const auto any = [&] { return active_orders_[ix(random_.below(static_cast<int>(active_orders_.size())))]; };
    bool sound = true;
    const auto pull_served = [&](int order) {
        if (sound && order_active_[ix(order)] && state_.served(order)) sound = pull(order, out);
    };
    const int seed = any();
    const int dice = random_.below(100);
    const int wanted = 1 + random_.below(kMostRemoved);
    if (dice < kNeighbours) {
        pull_served(seed);
        for (const int other : near(seed)) {
            if (static_cast<int>(out.size()) >= wanted) break;
            if (random_.below(4) != 0) pull_served(other);
        }
    } else if (dice < kStrings) {  // runs of stops of trips that pass near the seed
        int strings = 1 + random_.below(2);
        pool_.assign(1, seed);
        pool_.insert(pool_.end(), near(seed).begin(), near(seed).end());
        for (std::size_t i = 0; i < pool_.size() && strings > 0; ++i) {
            const int other = pool_[i];
            const auto& own = state_.pieces[ix(other)];
            if (own.empty() || !order_active_[ix(other)]) continue;
            const Piece& piece = own[0];
            if (piece.courier < 0) {
                if (random_.below(2) == 0) pull_served(other), --strings;
                continue;
            }
            std::vector<int> run;
            const auto& visits = state_.routes[ix(piece.courier)].trips[ix(piece.trip)].visits;
            const int count = static_cast<int>(visits.size());
            const int length = 1 + random_.below(std::min(count, 8));
            const int low = std::max(0, piece.at - length + 1), high = std::min(piece.at, count - length);
            const int first = low + random_.below(high - low + 1);
            for (int v = first; v < first + length; ++v) run.push_back(visits[ix(v)].order);
            for (const int each : run) pull_served(each);
            --strings;
        }
    } else if (dice < kTrips) {  // whole trips near the seed
        int trips = 1 + (random_.below(4) == 0);
        pool_.assign(1, seed);
        pool_.insert(pool_.end(), near(seed).begin(), near(seed).end());
        for (std::size_t i = 0; i < pool_.size() && trips > 0; ++i) {
            const auto& own = state_.pieces[ix(pool_[i])];
            if (own.empty() || own[0].courier < 0 || !order_active_[ix(pool_[i])]) continue;
            std::vector<int> run;
            for (const Visit& visit : state_.routes[ix(own[0].courier)].trips[ix(own[0].trip)].visits) run.push_back(visit.order);
            for (const int each : run) pull_served(each);
            --trips;
        }
    } else if (dice < kDays) {  // a courier's whole day, so that it may stay at home
        const auto& own = state_.pieces[ix(seed)];
        std::vector<int> run;
        if (!own.empty() && own[0].courier >= 0)
            for (const Trip& trip : state_.routes[ix(own[0].courier)].trips)
                for (const Visit& visit : trip.visits) run.push_back(visit.order);
        if (run.size() <= kLongestDay)
            for (const int each : run) pull_served(each);
    } else if (dice < kRivals) {  // orders that want the same goods
        const auto& lines = problem_.orders[ix(seed)].lines;
        pull_served(seed);
        if (!lines.empty()) {
            const auto& rivals = problem_.wanted_by[ix(lines[ix(random_.below(static_cast<int>(lines.size())))].sku)];
            for (int i = 0; i < wanted; ++i) pull_served(rivals[ix(random_.below(static_cast<int>(rivals.size())))]);
        }
    } else {  // anywhere
        for (int i = 0; i < wanted; ++i) pull_served(any());
    }
    // Some of those left over get another chance, near ones first.
    int extra = 0;
    for (const int other : near(seed)) {
        if (extra == 4) break;
        if (order_active_[ix(other)] && !state_.served(other) && std::find(out.begin(), out.end(), other) == out.end())
            out.push_back(other), ++extra;
    }
    if (!state_.served(seed) && std::find(out.begin(), out.end(), seed) == out.end()) out.push_back(seed);
    return sound;
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
