// Recreate: the cheapest place for an order, whole or in pieces.
#include "search.hpp"

namespace dropwright {

namespace {

constexpr int kFewestHubs = 2, kMostHubs = 5;  // that an order is offered to, by chance: most goes to the nearest
constexpr std::size_t kSplitStarts = 3;
constexpr std::size_t kPaired = 6;
constexpr int kMostPieces = 6;
constexpr std::uint64_t kBlinkMask = 127;  // one place in 128 is overlooked

// The last stop of the trip for this order; -1 where there is none.
int last_stop(const Trip& trip, int order) {
    int at = static_cast<int>(trip.visits.size()) - 1;
    while (at >= 0 && trip.visits[ix(at)].order != order) --at;
    return at;
}

}  // namespace

bool Search::carries(int courier, int order) const {
    for (const Piece& piece : state_.pieces[ix(order)])
        if (piece.courier == courier) return true;
    return false;
}

Piece Search::make_piece(int hub, std::vector<Line> lines) const {
    Piece piece;
    piece.hub = hub;
    for (const Line& line : lines) {
        const Sku& sku = problem_.skus[ix(line.sku)];
        piece.grams += sku.grams * line.quantity;
        piece.millilitres += sku.millilitres * line.quantity;
        piece.handling |= sku.handling;
    }
    piece.lines = std::move(lines);
    return piece;
}

void Search::consider(int order, const Piece& piece, int wave, Spot spot, Spot& best, Money favour) {
    const Time ready = piece.picked >= 0 ? piece.ready : problem_.hubs[ix(piece.hub)].waves[ix(wave)].end;
    const Money delta = state_.try_spot(order, piece, ready, spot, best.delta + favour) - favour;
    if (delta < best.delta) {
        spot.delta = delta;
        spot.wave = wave;
        best = spot;
    }
}

// The stops of near orders, in `around_`.
void Search::look_around(int order) {
    around_.clear();
    for (const int other : near(order))
        for (const Piece& there : state_.pieces[ix(other)])
            if (there.courier >= 0 && courier_active_[ix(there.courier)]) around_.push_back({other, there.hub, there.courier, there.trip, there.at});
}

// The places before and after the stops of `around_` on trips from the same hub that have room, each once, in
// `places_`; what their legs read is on its way to the processor.
void Search::places_near(int order, const Piece& piece) {
    places_.clear();
    ++place_stamp_;
    const int point = problem_.point_of(order);
    for (const Stop& there : around_) {
        if (there.hub != piece.hub) continue;
        const Courier& courier = problem_.couriers[ix(there.courier)];
        const Trip& trip = state_.routes[ix(there.courier)].trips[ix(there.trip)];
        if (!state_.fits(courier, piece, &trip) || carries(there.courier, order)) continue;
        const auto point_at = [&](int at) {
            return at < 0 || ix(at) >= trip.visits.size() ? trip.hub : problem_.point_of(trip.visits[ix(at)].order);
        };
        for (int at = there.at; at <= there.at + 1; ++at) {
            // A place is known by the order that it is before; the last one of a trip by the order that it is after.
            const bool last = ix(at) == trip.visits.size();
            std::int64_t& seen = last ? place_after_[ix(there.order)] : place_before_[ix(trip.visits[ix(at)].order)];
            if (seen == place_stamp_) continue;
            seen = place_stamp_;
            problem_.fetch_legs(courier.profile, point_at(at - 1), point, point_at(at));
            places_.push_back({there.courier, there.trip, at});
        }
    }
}

// What a courier costs out to an order and back, roughly.
Money Search::way_off(const Courier& courier, int hub, int order) const {
    const int point = problem_.point_of(order);
    const Leg out = problem_.leg(courier.profile, hub, point), back = problem_.leg(courier.profile, point, hub);
    const double hours = static_cast<double>(out.seconds + back.seconds) / 3600, km = static_cast<double>(out.metres + back.metres) / 1000;
    return static_cast<Money>(std::min(static_cast<double>(courier.per_hour) * hours + static_cast<double>(courier.per_km) * km, 1e12));
}

// The cheapest way out for a piece, below `limit`.
Spot Search::find_spot(int order, const Piece& piece, Care care, Money limit) {
    Spot best;
    best.delta = limit;
    const int hub = piece.hub;
    waves_.clear();
    if (piece.picked >= 0) {
        waves_.emplace_back(piece.ready, -1);
    } else {
        const auto& waves = problem_.hubs[ix(hub)].waves;
        for (std::size_t w = 0; w < waves.size(); ++w)
            if (problem_.may_pick(order, waves[w]) && state_.wave_left[ix(hub)][w] >= static_cast<std::int64_t>(piece.lines.size()))
                waves_.emplace_back(waves[w].end, static_cast<int>(w));
    }
    if (waves_.empty()) return {};
    // The latest wave that is ready by then: earlier ones stay free for who needs them. Else the first.
    const auto wave_by = [&](Time at) {
        auto after = std::upper_bound(waves_.begin(), waves_.end(), std::make_pair(at, std::numeric_limits<int>::max()));
        return after == waves_.begin() ? waves_.front() : *std::prev(after);
    };
    const bool thorough = care == Care::thorough;
    for (const int k : problem_.collections_at[ix(hub)]) {
        const Collection& collection = problem_.collections[ix(k)];
        if (state_.collection_left[ix(k)] < 1 || (piece.handling & ~collection.handling) != 0) continue;
        const auto [ready, wave] = wave_by(collection.at);
        if (ready <= collection.at) consider(order, piece, wave, Spot{.collection = k}, best);
    }
    const auto beside = [&](int courier, int trip, int at) {
        if (!thorough && (random_.next() & kBlinkMask) == 0) return;
        if (state_.routes[ix(courier)].trips[ix(trip)].joins(at)) return;
        const auto [ready, wave] = wave_by(state_.routes[ix(courier)].trips[ix(trip)].load);
        consider(order, piece, wave, Spot{.courier = courier, .trip = trip, .at = at}, best);
    };
    for (const Piece& mine : state_.pieces[ix(order)]) {  // beside another parcel of the order: one visit for both
        if (mine.courier < 0) continue;
        const Trip& trip = state_.routes[ix(mine.courier)].trips[ix(mine.trip)];
        if (trip.hub == hub && state_.fits(problem_.couriers[ix(mine.courier)], piece, &trip)) beside(mine.courier, mine.trip, last_stop(trip, order) + 1);
    }
    if (!thorough) {
        places_near(order, piece);
        for (const Place& place : places_) beside(place.courier, place.trip, place.at);
    }
    ++group_stamp_;
    const auto& at_hub = problem_.couriers_at[ix(hub)];
    const std::size_t first = thorough || at_hub.empty() ? 0 : ix(random_.below(static_cast<int>(at_hub.size())));
    bool busy = false;  // one of those under way was asked for another trip
    for (std::size_t i = 0; i < at_hub.size(); ++i) {
        const int c = at_hub[first + i < at_hub.size() ? first + i : first + i - at_hub.size()];
        if (!courier_active_[ix(c)]) continue;
        const Courier& courier = problem_.couriers[ix(c)];
        const auto& trips = state_.routes[ix(c)].trips;
        const bool idle = trips.empty() && courier.first_load >= kNever;
        if (idle ? group_seen_[ix(courier.group)] == group_stamp_ : busy && !thorough) continue;
        if (!state_.fits(courier, piece, nullptr) || (!thorough && carries(c, order))) continue;
        if (idle) group_seen_[ix(courier.group)] = group_stamp_;
        busy = busy || !idle;
        const int count = static_cast<int>(trips.size());
        if (thorough)
            for (int t = 0; t < count; ++t)
                if (trips[ix(t)].hub == hub && state_.fits(courier, piece, &trips[ix(t)]) && last_stop(trips[ix(t)], order) < 0)
                    for (int at = 0; at <= static_cast<int>(trips[ix(t)].visits.size()); ++at) beside(c, t, at);
        if (count + courier.trips_before >= courier.max_trips) continue;
        for (int t = 0; t <= count; ++t) {
            if (t == 0 && courier.at_hub != hub) continue;
            const Spot fresh{.courier = c, .trip = t, .at = -1};
            // The wave that costs the courier no wait, or the first; now and then the second, to leave the first to others.
            const int free = t > 0 ? wave_by(trips[ix(t - 1)].walk.back_at).second : waves_[0].second;
            const Money favour = idle && !thorough && (opening_ || sends_) ? courier.fixed + (sends_ ? way_off(courier, hub, order) : 0) : 0;
            consider(order, piece, free, fresh, best, favour);
            if (thorough && free != waves_[0].second) consider(order, piece, waves_[0].second, fresh, best);
            if (!thorough && waves_.size() > 1 && random_.below(2) == 0) consider(order, piece, waves_[1].second, fresh, best, favour);
        }
    }
    return best.delta < limit ? best : Spot{};
}

// One piece from one hub; true where that costs less than leaving the order, and then it is done.
bool Search::place_whole(int order, Care care, Money& best, int& tried) {
    const Order& wanted = problem_.orders[ix(order)];
    Spot best_spot;
    Piece best_piece;
    tried = 0;
    if (care == Care::quick) look_around(order);
    const int most = kFewestHubs + random_.below(kMostHubs - kFewestHubs + 1);
    for (const int hub : problem_.hubs_near[ix(order)]) {
        bool holds = true;
        for (const Line& line : wanted.lines) holds = holds && state_.left(hub, line.sku) >= line.quantity;
        if (!holds) continue;
        if (++tried > most && care == Care::quick) break;
        Piece piece = make_piece(hub, wanted.lines);
        const Money picking = state_.picking_cost(hub, piece.lines) + state_.split_cost(order);
        const Spot spot = find_spot(order, piece, care, best - picking);
        if (spot.courier < 0 && spot.collection < 0) continue;
        best = spot.delta + picking;
        best_spot = spot;
        best_piece = std::move(piece);
    }
    if (best_piece.hub < 0) return false;
    state_.add(order, std::move(best_piece), best_spot);
    return true;
}

// Adds the piece, or halves of it where nobody can take it whole, and so on; the lines that nobody takes come back.
std::vector<Line> Search::put(int order, Piece piece, Care care, Money limit) {
    const Money fresh = state_.served(order) ? 0 : problem_.orders[ix(order)].unserved;
    const Money picking = piece.picked >= 0 ? 0 : state_.picking_cost(piece.hub, piece.lines);
    if (care == Care::quick) look_around(order);
    const Spot spot = find_spot(order, piece, care, limit - state_.cost + fresh - picking - state_.split_cost(order));
    if (spot.courier >= 0 || spot.collection >= 0) {
        state_.add(order, std::move(piece), spot);
        return {};
    }
    if (care == Care::quick && random_.below(8) != 0) return piece.lines;
    if (piece.picked >= 0 || static_cast<int>(state_.pieces[ix(order)].size()) + 2 > kMostPieces) return piece.lines;
    std::vector<Line> first, second;
    if (piece.lines.size() > 1) {
        const auto middle = piece.lines.begin() + static_cast<std::ptrdiff_t>(piece.lines.size() / 2);
        first.assign(piece.lines.begin(), middle);
        second.assign(middle, piece.lines.end());
    } else if (piece.lines[0].quantity > 1) {
        const Line whole = piece.lines[0];
        first.push_back({whole.sku, whole.quantity / 2});
        second.push_back({whole.sku, whole.quantity - whole.quantity / 2});
    } else {
        return piece.lines;
    }
    const std::size_t placed = state_.pieces[ix(order)].size();
    std::vector<Line> rest = put(order, make_piece(piece.hub, std::move(first)), care, limit);
    // Where not even half of a line finds a way out, the other half will not: it is as heavy.
    if (!rest.empty() && (care == Care::quick || (piece.lines.size() == 1 && state_.pieces[ix(order)].size() == placed))) return piece.lines;
    for (const Line& line : put(order, make_piece(piece.hub, std::move(second)), care, limit)) {
        if (!rest.empty() && rest.back().sku == line.sku)
            rest.back().quantity += line.quantity;
        else
            rest.push_back(line);
    }
    return rest;
}

// Committed parcels first, then as much as each hub holds, those of `first` first, until the order is whole.
// Gives up where the plan would cost `limit` or more.
bool Search::place_split(int order, const std::vector<int>& first, Care care, Money limit) {
    const Order& wanted = problem_.orders[ix(order)];
    bool whole = true;
    for (std::size_t i = 0; i < wanted.picked.size() && whole; ++i) {
        Piece piece = make_piece(wanted.picked[i].hub, wanted.picked[i].lines);
        piece.picked = static_cast<int>(i);
        piece.ready = wanted.picked[i].ready;
        whole = put(order, std::move(piece), care, limit).empty();
    }
    std::vector<Line> open = wanted.lines;
    std::vector<char> used(problem_.hubs.size(), 0);
    for (std::size_t count = 0; whole && !open.empty(); ++count) {
        int hub = count < first.size() ? first[count] : -1;
        if (hub < 0) {  // the hub that covers most units of what is open, the nearest of equals
            std::int64_t most = 0;
            for (const int h : problem_.hubs_near[ix(order)]) {
                if (used[ix(h)]) continue;
                std::int64_t covered = 0;
                for (const Line& line : open) covered += std::clamp<std::int64_t>(state_.left(h, line.sku), 0, line.quantity);
                if (covered > most) most = covered, hub = h;
            }
        }
        if (hub < 0 || static_cast<int>(state_.pieces[ix(order)].size()) == kMostPieces) {
            whole = false;
            break;
        }
        used[ix(hub)] = 1;
        std::vector<Line> here, rest;
        for (const Line& line : open) {
            const std::int64_t got = std::clamp<std::int64_t>(state_.left(hub, line.sku), 0, line.quantity);
            if (got > 0) here.push_back({line.sku, got});
            if (got < line.quantity) rest.push_back({line.sku, line.quantity - got});
        }
        if (!here.empty()) {
            for (const Line& line : put(order, make_piece(hub, std::move(here)), care, limit)) {
                whole = care == Care::thorough;  // another hub may do what this one could not
                const auto same = std::find_if(rest.begin(), rest.end(), [&](const Line& other) { return other.sku == line.sku; });
                if (same == rest.end())
                    rest.push_back(line);
                else
                    same->quantity += line.quantity;
            }
        }
        open = std::move(rest);
    }
    if (!whole) state_.remove(order);
    return whole;
}

// Hubs to begin a split with: each that holds some of the order; with care, two of the nearest where one is not enough.
std::vector<std::vector<int>> Search::split_starts(int order, Care care, bool done) {
    const Order& wanted = problem_.orders[ix(order)];
    if (wanted.lines.empty()) return {{}};
    std::vector<std::vector<int>> starts;
    std::vector<int> partly;
    for (const int hub : problem_.hubs_near[ix(order)]) {
        std::int64_t covered = 0, asked = 0;
        for (const Line& line : wanted.lines) {
            covered += std::clamp<std::int64_t>(state_.left(hub, line.sku), 0, line.quantity);
            asked += line.quantity;
        }
        if (covered == 0) continue;
        if (covered < asked && partly.size() < kPaired) partly.push_back(hub);
        if (covered < asked || !done || care == Care::thorough) starts.push_back({hub});
        if (care == Care::quick && starts.size() == kSplitStarts) break;
    }
    if (care == Care::quick) {
        if (starts.size() > 1) starts = {starts[ix(random_.below(static_cast<int>(starts.size())))]};
        return starts;
    }
    for (const int a : partly)
        for (const int b : partly)
            if (a != b) starts.push_back({a, b});
    return starts;
}

// Serves the order at the least extra cost, or leaves it where that is not below `worth`.
bool Search::place(int order, Care care, Money worth) {
    const Order& wanted = problem_.orders[ix(order)];
    if (wanted.lines.empty() && wanted.picked.empty()) return true;
    const Money before = state_.cost - wanted.unserved + worth;
    Money best = worth;
    const bool plain = wanted.picked.empty();
    int hubs_that_hold = 0;
    const bool done = plain && place_whole(order, care, best, hubs_that_hold);
    const bool try_split = !plain || (!done && (hubs_that_hold == 0 || random_.below(8) == 0)) || care == Care::thorough || (wanted.lines.size() > 1 && random_.below(24) == 0);
    if (!try_split || problem_.hubs.empty()) return done;
    // Splits are tried in place, since the second piece depends on the first.
    Money least = done ? state_.cost : before;
    if (done) state_.remove(order);
    const std::vector<std::vector<int>> starts = split_starts(order, care, done);
    const std::vector<int>* choice = nullptr;  // none: as it is
    for (const std::vector<int>& start : starts) {
        if (!place_split(order, start, care, least)) continue;
        least = state_.cost, choice = &start;
        if (&start == &starts.back()) return true;
        state_.remove(order);
    }
    if (choice && place_split(order, *choice, care, before)) return true;
    if (!done) return false;
    best = worth;
    return place_whole(order, care, best, hubs_that_hold);
}

Money Search::cheapest(int order) {
    const Money without = state_.cost - problem_.orders[ix(order)].unserved;
    state_.mark();
    Money extra = kNever;
    if (place(order, Care::thorough, kNever / 2)) extra = state_.cost - without;
    state_.rewind();
    return extra;
}

}  // namespace dropwright
