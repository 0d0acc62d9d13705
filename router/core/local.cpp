// Local search on trips: two trips swap their ends (2-opt*, Potvin and Rousseau 1995), which joins and parts trips as well,
// and one trip drives a stretch the other way round (2-opt). Relocation, swaps and Or-opt are what ruin and recreate does.
#include "search.hpp"

namespace dropwright {

namespace {

constexpr int kNearest = 20;  // near orders that may come next
constexpr int kHurried = 2;   // one trip of so many that wait for a wave is to load earlier
constexpr int kParted = 8;    // in one move of so many a trip is parted, if its end has somebody to go to

}  // namespace

// Is everybody aboard in one parcel? What else an order in pieces has on the road would have to be looked at.
bool State::plain(const Trip& trip) const {
    return std::none_of(trip.visits.begin(), trip.visits.end(), [](const Visit& visit) { return visit.split; });
}

bool State::holds(const Courier& courier, std::span<const Visit> head, std::span<const Visit> end) const {
    std::int64_t grams = 0, millilitres = 0;
    std::uint64_t handling = 0;
    for (const auto part : {head, end})
        for (const Visit& visit : part) {
            const Piece& piece = pieces[ix(visit.order)][ix(visit.slot)];
            grams += piece.grams, millilitres += piece.millilitres, handling |= piece.handling;
        }
    return (handling & ~courier.handling) == 0 && grams <= courier.grams && millilitres <= courier.millilitres &&
           static_cast<std::int64_t>(head.size() + end.size()) <= courier.parcels;
}

// Weights, readiness and legs of a trip whose stops from `at` on are others now; an empty one is taken out.
void State::settle(int courier, int trip_index, int at) {
    auto& trips = routes[ix(courier)].trips;
    Trip& trip = trips[ix(trip_index)];
    trip.grams = trip.millilitres = 0;
    trip.ready = -kNever;
    for (const Visit& visit : trip.visits) {
        Piece& piece = pieces[ix(visit.order)][ix(visit.slot)];
        piece.courier = courier;
        trip.grams += piece.grams;
        trip.millilitres += piece.millilitres;
        trip.ready = std::max(trip.ready, visit.ready);
    }
    const int count = static_cast<int>(trip.visits.size());
    if (count == 0)
        trips.erase(trips.begin() + trip_index);
    else
        for (int k = at; k <= count; ++k) link(courier, trip_index, k);
    if (trip_index > 0) link(courier, trip_index - 1, static_cast<int>(trips[ix(trip_index - 1)].visits.size()));
}

bool State::swap_ends(const Cut& a, const Cut& b) {
    if (a.courier == b.courier && a.trip == b.trip) return false;
    const int hub = routes[ix(a.courier)].trips[ix(a.trip)].hub;
    const bool fresh = ix(b.trip) == routes[ix(b.courier)].trips.size();
    static const Trip none;
    const Trip &one = routes[ix(a.courier)].trips[ix(a.trip)], &two = fresh ? none : routes[ix(b.courier)].trips[ix(b.trip)];
    if (!fresh && two.hub != hub) return false;
    if (one.joins(a.at) || two.joins(b.at) || !plain(one) || !plain(two)) return false;
    const std::span<const Visit> first(one.visits), second(two.visits);
    const auto end_a = first.subspan(ix(a.at)), end_b = second.subspan(ix(b.at));
    if (end_a.empty() && end_b.empty()) return false;
    if (!holds(problem.couriers[ix(a.courier)], first.first(ix(a.at)), end_b) || !holds(problem.couriers[ix(b.courier)], second.first(ix(b.at)), end_a)) return false;
    std::vector<int> moved;
    for (const auto end : {end_a, end_b})
        for (const Visit& visit : end) moved.push_back(visit.order);
    const Concerned those = concerned(moved, end_a.empty() ? a.courier : b.courier);
    for (const int order : moved) touch_order(order);
    for (const int courier : those.couriers) touch_courier(courier);
    cost -= parts(those.couriers, {});
    if (fresh) routes[ix(b.courier)].trips.emplace_back().hub = hub;
    auto &here = routes[ix(a.courier)].trips[ix(a.trip)].visits, &there = routes[ix(b.courier)].trips[ix(b.trip)].visits;
    std::vector<Visit> end(here.begin() + a.at, here.end());
    here.resize(ix(a.at));
    here.insert(here.end(), there.begin() + b.at, there.end());
    there.resize(ix(b.at));
    there.insert(there.end(), end.begin(), end.end());
    // Of two trips of one courier the later goes first: taking it out does not move the earlier one.
    const bool later = a.courier == b.courier && a.trip > b.trip;
    const Cut &x = later ? a : b, &y = later ? b : a;
    settle(x.courier, x.trip, x.at);
    settle(y.courier, y.trip, y.at);
    retime(those);
    cost += parts(those.couriers, {});
    return true;
}

bool State::turn_round(int courier, int trip_index, int first, int last) {
    if (!plain(routes[ix(courier)].trips[ix(trip_index)])) return false;
    touch_courier(courier);
    auto& visits = routes[ix(courier)].trips[ix(trip_index)].visits;
    std::reverse(visits.begin() + first, visits.begin() + last + 1);
    for (int k = first; k <= last + 1; ++k) link(courier, trip_index, k);
    drive_again(courier);
    return true;
}

// A near order comes right after one on a trip from the same hub, or the end of that one's trip goes to somebody else.
// A trip that waits for a wave may get an earlier one instead.
bool Search::rearrange() {
    const int seed = active_orders_[ix(random_.below(static_cast<int>(active_orders_.size())))];
    const auto& own = state_.pieces[ix(seed)];
    if (own.empty() || own[0].courier < 0 || !courier_active_[ix(own[0].courier)]) return false;
    const State::Cut here{own[0].courier, own[0].trip, own[0].at + 1};
    const Time by = earlier_wave(here.courier, here.trip);
    if (by < kNever && random_.below(kHurried) == 0) return hurry(here.courier, here.trip, by);
    if (random_.below(kParted) == 0) {
        const auto& able = problem_.couriers_at[ix(own[0].hub)];
        const int other = able[ix(random_.below(static_cast<int>(able.size())))];
        const auto trips = static_cast<std::int64_t>(state_.routes[ix(other)].trips.size());
        const Courier& courier = problem_.couriers[ix(other)];
        if (!courier_active_[ix(other)] || trips + courier.trips_before >= courier.max_trips) return false;
        return state_.swap_ends(here, {other, static_cast<int>(trips), 0});
    }
    const auto& close = near(seed);
    if (close.empty()) return false;
    const int next = close[ix(random_.below(std::min(kNearest, static_cast<int>(close.size()))))];
    const auto& its = state_.pieces[ix(next)];
    if (its.empty() || its[0].courier < 0 || !courier_active_[ix(its[0].courier)] || its[0].hub != own[0].hub) return false;
    if (its[0].courier != here.courier || its[0].trip != here.trip) return state_.swap_ends(here, {its[0].courier, its[0].trip, its[0].at});
    if (its[0].at <= here.at) return false;
    return state_.turn_round(here.courier, here.trip, here.at, its[0].at);
}

}  // namespace dropwright
