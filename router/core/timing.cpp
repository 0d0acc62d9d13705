// Times and prices of a state: what a day of trips costs, and what one more stop would.
#include "state.hpp"

#include <array>

namespace dropwright {

// A stop that is not there yet: between which legs, and what its order's other pieces already cost.
struct State::Extra {
    const Order* order;
    int at;
    Leg in, out;
    Time shipped_floor, delivered_floor;
    bool joins = false;  // handed over with the stop before it
};

Money State::money(const Courier& courier, Time first_load, Time last_back, std::int64_t metres, bool used) const {
    if (!used) return courier.at_hub == courier.home ? 0 : kAbandoned;
    return courier.fixed + rate(courier.per_km, metres, 1000) + rate(courier.per_hour, last_back - first_load, 3600);
}

Time State::free_at(int courier, int trip) const {
    if (trip > 0) return routes[ix(courier)].trips[ix(trip - 1)].walk.back_at;
    const Courier& who = problem.couriers[ix(courier)];
    return std::max({who.shift_start, who.free_at, Time{0}});
}

// The latest times at which the order's other pieces ship and arrive.
void State::floors(int order, int but_courier, Time& shipped, Time& delivered) const {
    const Order& wanted = problem.orders[ix(order)];
    shipped = wanted.shipped_before;
    delivered = wanted.delivered_before;
    for (const Piece& piece : pieces[ix(order)]) {
        if (piece.collection >= 0) {
            const Collection& collection = problem.collections[ix(piece.collection)];
            shipped = std::max(shipped, collection.at);
            delivered = std::max(delivered, collection.delivered_at);
        } else if (piece.courier != but_courier) {
            shipped = std::max(shipped, piece.shipped);
            delivered = std::max(delivered, piece.delivered);
        }
    }
}

template <bool kExtra>
bool State::walk(const Courier& courier, const Trip& trip, Time load, const Extra* extra, Leg back, Money limit, Walk& out) const {
    const Time depart = load + courier.load_seconds;
    Time now = depart, wait = 0, bound = kNever;
    Money late = 0;
    Time start = depart;
    const auto stop = [&](const Order& order, Time leg_s, Time shipped_floor, Time delivered_floor, bool joins) {
        const Time shipped = std::max(depart, shipped_floor);
        if (!joins) {
            start = std::max(now + leg_s, order.not_before);
            wait += start - now - leg_s;
            now = start + order.service;
        }
        const Time delivered = std::max(start, delivered_floor);
        late += problem.late_shipping(order, shipped) + problem.late_delivery(order, delivered);
        bound = std::min(bound, shipped - depart + problem.shipping_slack(order, shipped));
        bound = std::min(bound, wait + delivered - start + problem.delivery_slack(order, delivered));
    };
    const int count = static_cast<int>(trip.visits.size());
    for (int i = 0; i <= count; ++i) {
        if (kExtra && i == extra->at) {
            if (extra->in.seconds < 0) return false;
            stop(*extra->order, extra->in.seconds, extra->shipped_floor, extra->delivered_floor, extra->joins);
        }
        if (i == count) break;
        const Visit& visit = trip.visits[ix(i)];
        const Leg& leg = kExtra && i == extra->at ? extra->out : visit.leg;
        if (leg.seconds < 0) return false;
        stop(problem.orders[ix(visit.order)], leg.seconds, visit.shipped_floor, visit.delivered_floor, trip.joins(i));
        if (late > limit) return false;
    }
    if (back.seconds < 0) return false;
    out = {now + back.seconds, late, bound, wait};
    return true;
}

// walk() with an extra stop, from what time() has noted wherever no other order pays more for it.
bool State::insert(const Courier& courier, const Trip& trip, Time load, const Extra& extra, Leg back, Money limit, Walk& out) const {
    const Time delay = load - trip.load;
    const std::size_t count = trip.visits.size(), at = ix(extra.at);
    const bool last = at == count;
    const Time bound_before = last ? trip.bound_stops : trip.visits[at].bound_before;
    const Time wait_before = last ? trip.walk.wait : trip.visits[at].wait_before;
    if (count == 0 || extra.joins || delay > std::min(trip.shipping_slack, bound_before)) return walk<true>(courier, trip, load, &extra, back, limit, out);
    const Order& order = *extra.order;
    const Time depart = load + courier.load_seconds;
    Time from = depart;
    if (at > 0) {
        const Visit& before = trip.visits[at - 1];
        from = before.start + problem.orders[ix(before.order)].service + std::max(Time{0}, delay - wait_before);
    }
    const Time arrive = from + extra.in.seconds;
    Time start = std::max(arrive, order.not_before);
    const Time shipped = std::max(depart, extra.shipped_floor), delivered = std::max(start, extra.delivered_floor);
    const Money own = problem.late_shipping(order, shipped) + problem.late_delivery(order, delivered);
    if (trip.walk.late + own > limit) return false;
    Time now = start + order.service;
    Time wait = std::max(Time{0}, wait_before - delay) + start - arrive;
    out.bound = std::min({trip.shipping_slack - delay, bound_before - delay, shipped - depart + problem.shipping_slack(order, shipped),
                          wait + delivered - start + problem.delivery_slack(order, delivered)});
    out.late = own + (last ? trip.walk.late : trip.visits[at].late_before);
    for (std::size_t i = at; i < count; ++i) {
        const Visit& visit = trip.visits[i];
        const Order& later = problem.orders[ix(visit.order)];
        if (!trip.joins(static_cast<int>(i))) {
            if (visit.leg.seconds < 0 && i > at) return false;
            const Time there = now + (i == at ? extra.out.seconds : visit.leg.seconds), push = there - visit.arrive;
            if (push >= 0 && push <= visit.bound_after) {  // from here on nobody pays more
                out.late += trip.walk.late - visit.late_before;
                out.back_at = trip.walk.back_at + std::max(Time{0}, push - visit.wait_after);
                out.bound = std::min(out.bound, wait + visit.bound_after - push);
                out.wait = wait + std::max(Time{0}, visit.wait_after - push);
                return true;
            }
            if (push > 0 && out.late + trip.walk.late - visit.late_before + visit.rise > limit) return false;
            start = std::max(there, later.not_before);
            wait += start - there;
            now = start + later.service;
        }
        const Time arrived = std::max(start, visit.delivered_floor);
        const Time left = std::max(depart, visit.shipped_floor);
        out.late += problem.late_shipping(later, left) + problem.late_delivery(later, arrived);
        if (out.late > limit) return false;
        out.bound = std::min(out.bound, wait + arrived - start + problem.delivery_slack(later, arrived));
    }
    out.back_at = now + back.seconds;
    out.wait = wait;
    return true;
}

Money State::try_spot(int order, const Piece& piece, Time ready, const Spot& spot, Money limit) const {
    const Order& wanted = problem.orders[ix(order)];
    Extra extra{&wanted, spot.at, {}, {}, wanted.shipped_before, wanted.delivered_before};
    Money before = 0;
    if (!pieces[ix(order)].empty() || wanted.parcels_before > 0) {
        floors(order, -1, extra.shipped_floor, extra.delivered_floor);
        before = problem.late_shipping(wanted, extra.shipped_floor) + problem.late_delivery(wanted, extra.delivered_floor);
    }
    if (spot.collection >= 0) {
        const Collection& collection = problem.collections[ix(spot.collection)];
        const Money amount = tariff(spot.collection, piece.grams);
        if (amount >= kNever) return kNever;
        return amount + problem.late_shipping(wanted, std::max(extra.shipped_floor, collection.at)) +
               problem.late_delivery(wanted, std::max(extra.delivered_floor, collection.delivered_at)) - before;
    }
    const Courier& courier = problem.couriers[ix(spot.courier)];
    const Route& route = routes[ix(spot.courier)];
    const auto& trips = route.trips;
    const int count = static_cast<int>(trips.size());
    const int point = problem.point_of(order);
    const bool fresh = spot.at < 0;
    const int k = spot.trip;
    const int profile = courier.profile;
    std::int64_t metres = route.metres;
    Time busy = route.busy;
    static const Trip empty;  // stands in for a trip that is only this stop
    const Trip* trip = &empty;
    Leg back;
    Time back_before = free_at(spot.courier, k);
    if (fresh) {
        extra.at = 0;
        extra.in = problem.leg_into(profile, piece.hub, point);
        back = problem.leg(profile, point, k < count ? trips[ix(k)].hub : courier.home);
        metres += extra.in.metres + back.metres;
        busy += courier.load_seconds + extra.in.seconds + wanted.service + back.seconds;
        if (k > 0) {
            const Trip& last = trips[ix(k - 1)];
            if (target(spot.courier, k - 1) != piece.hub) {
                const Leg detour = problem.leg(profile, problem.point_of(last.visits.back().order), piece.hub);
                if (detour.seconds < 0) return kNever;
                metres += detour.metres - last.back.metres;
                busy += detour.seconds - last.back.seconds;
                back_before += detour.seconds - last.back.seconds;
            }
        } else if (courier.at_hub != piece.hub) {
            return kNever;
        }
    } else {
        trip = &trips[ix(k)];
        back = trip->back;
        extra.joins = spot.at > 0 && trip->visits[ix(spot.at - 1)].order == order;
        extra.in = extra.joins ? Leg{} : problem.leg_into(profile, point_before(spot.courier, k, spot.at), point);
        const bool last = ix(spot.at) == trip->visits.size();
        extra.out = problem.leg(profile, point, last ? target(spot.courier, k) : problem.point_of(trip->visits[ix(spot.at)].order));
        const Leg& gone = last ? trip->back : trip->visits[ix(spot.at)].leg;
        metres += extra.in.metres + extra.out.metres - gone.metres;
        busy += extra.in.seconds + extra.out.seconds - gone.seconds + (extra.joins ? 0 : wanted.service);
        if (last) back = extra.out;
    }
    if (extra.in.seconds < 0 || back.seconds < 0 || (!fresh && extra.out.seconds < 0)) return kNever;
    const Money abandoned = trips.empty() && route.cost >= kAbandoned ? kAbandoned : 0;  // what bringing the courier home saves
    // Duty is no shorter than what is done in it, and nobody is later for less of it.
    const Time duty = (courier.first_load < kNever ? courier.free_at - courier.first_load : 0) + busy;
    if (busy >= route.busy && courier.fixed + rate(courier.per_km, metres, 1000) + rate(courier.per_hour, duty, 3600) - route.cost >= limit + abandoned) return kNever;

    // Drive the changed trip, then later ones until one loads as before.
    constexpr int kMost = 64;
    std::array<Walk, kMost> walks;
    std::array<Time, kMost> loads;
    int driven = 0;
    Money late = -before;
    Time now = back_before;
    Time tail = 0;  // delay allowed at the return of the last trip driven
    int next = fresh ? k : k + 1;
    loads[0] = std::max({now, ready, trip->ready});
    const Money room = limit + before + route.cost + (fresh ? 0 : trip->walk.late);
    if (!insert(courier, *trip, loads[0], extra, back, room, walks[0])) return kNever;
    late += walks[0].late - (fresh ? 0 : trip->walk.late);
    now = walks[0].back_at;
    driven = 1;
    bool rejoined = false;
    for (; next < count; ++next) {
        const Trip& later = trips[ix(next)];
        const Time load = std::max(now, later.ready);
        if (load == later.load) {
            tail = load - now + later.spare;
            rejoined = true;
            break;
        }
        if (driven == kMost) return kNever;
        const Time delay = load - later.load;
        if (delay > 0 && delay <= later.walk.bound) {  // nobody aboard pays more: no need to drive it again
            const Walk& known = later.walk;
            walks[ix(driven)] = {known.back_at + std::max(Time{0}, delay - known.wait), known.late, known.bound - delay, std::max(Time{0}, known.wait - delay)};
        } else if (!walk<false>(courier, later, load, nullptr, later.back, room - late + later.walk.late, walks[ix(driven)])) {
            return kNever;
        }
        loads[ix(driven)] = load;
        late += walks[ix(driven)].late - later.walk.late;
        now = walks[ix(driven)].back_at;
        ++driven;
    }
    const Time last_back = rejoined ? trips.back().walk.back_at : now;
    if (last_back > courier.shift_end) return kNever;
    if (fresh && count + 1 + courier.trips_before > courier.max_trips) return kNever;
    for (int j = driven - 1; j >= 0; --j) {
        const Time spare = std::min(walks[ix(j)].bound, walks[ix(j)].wait + tail);
        tail = spare + (j > 0 ? loads[ix(j)] - walks[ix(j - 1)].back_at : 0);
    }
    Time first_load = loads[0] + tail;
    for (int j = k - 1; j >= 0; --j) {
        const Trip& earlier = trips[ix(j)];
        const Time back_at = j == k - 1 ? back_before : earlier.walk.back_at;
        const Time follow = j == k - 1 ? loads[0] : trips[ix(j + 1)].load;
        tail = std::min(earlier.walk.bound, earlier.walk.wait + (follow - back_at) + tail);
        first_load = earlier.load + tail;
    }
    if (courier.first_load < kNever) first_load = courier.first_load;
    if (last_back - first_load > courier.max_duty) return kNever;
    return late + money(courier, first_load, last_back, metres, true) - route.cost;
}

// Earliest times, what they cost, and how far each trip could move at no cost.
void State::time(int courier_index) {
    const Courier& courier = problem.couriers[ix(courier_index)];
    Route& route = routes[ix(courier_index)];
    Time now = free_at(courier_index, 0);
    route.metres = courier.metres_before;
    route.late_single = 0;
    route.busy = 0;
    route.splits = 0;
    route.lawful = route.trips.empty() || route.trips[0].hub == courier.at_hub;
    for (int t = 0; t < static_cast<int>(route.trips.size()); ++t) {
        Trip& trip = route.trips[ix(t)];
        const Visit* before = nullptr;
        trip.load = std::max(now, trip.ready);
        const Time depart = trip.load + courier.load_seconds;
        trip.metres = trip.back.metres;
        trip.shipping_slack = trip.bound_stops = kNever;
        trip.walk = {};
        now = depart;
        route.busy += courier.load_seconds + trip.back.seconds;
        for (int at = 0; at < static_cast<int>(trip.visits.size()); ++at) {
            Visit& visit = trip.visits[ix(at)];
            const Order& order = problem.orders[ix(visit.order)];
            const bool split = visit.split = is_split(visit.order);
            route.splits += split;
            visit.shipped_floor = visit.delivered_floor = -kNever;
            if (split) floors(visit.order, courier_index, visit.shipped_floor, visit.delivered_floor);
            trip.metres += visit.leg.metres;
            route.lawful = route.lawful && visit.leg.seconds >= 0;
            if (before && before->order == visit.order) {
                visit.arrive = visit.start = before->start;
            } else {
                visit.arrive = now + visit.leg.seconds;
                visit.start = std::max(visit.arrive, order.not_before);
                now = visit.start + order.service;
                route.busy += visit.leg.seconds + order.service;
            }
            before = &visit;
            const Time shipped = std::max(depart, visit.shipped_floor), delivered = std::max(visit.start, visit.delivered_floor);
            const Money late = problem.late_shipping(order, shipped) + problem.late_delivery(order, delivered);
            visit.late_before = trip.walk.late;
            trip.walk.late += late;
            if (!split) route.late_single += late;
            trip.shipping_slack = std::min(trip.shipping_slack, shipped - depart + problem.shipping_slack(order, shipped));
            Piece& piece = pieces[ix(visit.order)][ix(visit.slot)];
            piece.trip = t;
            piece.at = at;
            piece.shipped = depart;
            piece.delivered = visit.start;
            visit.bound_before = trip.bound_stops;
            visit.wait_before = trip.walk.wait;
            trip.walk.wait += visit.start - visit.arrive;
            visit.bound_after = delivered - visit.start + problem.delivery_slack(order, delivered);
            trip.bound_stops = std::min(trip.bound_stops, trip.walk.wait + visit.bound_after);
        }
        Time bound = kNever, wait = 0;
        Money rise = 0;
        for (auto visit = trip.visits.rbegin(); visit != trip.visits.rend(); ++visit) {
            const Time own = visit->start - visit->arrive;
            if (visit->bound_after < bound) {
                bound = visit->bound_after;
                rise = problem.delivery_rise(problem.orders[ix(visit->order)], std::max(visit->start, visit->delivered_floor));
            }
            bound = visit->bound_after = own + bound;
            wait = visit->wait_after = own + wait;
            visit->rise = rise;
        }
        trip.walk.bound = std::min(trip.shipping_slack, trip.bound_stops);
        route.lawful = route.lawful && trip.back.seconds >= 0;
        now += trip.back.seconds;
        trip.walk.back_at = now;
        route.metres += trip.metres;
    }
    Time tail = 0;
    for (std::size_t j = route.trips.size(); j-- > 0;) {
        Trip& trip = route.trips[j];
        trip.spare = std::min(trip.walk.bound, trip.walk.wait + tail);
        if (j > 0) tail = trip.spare + trip.load - route.trips[j - 1].walk.back_at;
    }
    const bool committed = courier.first_load < kNever;
    if (route.trips.empty()) {
        route.cost = money(courier, committed ? courier.first_load : 0, courier.free_at, route.metres, committed);
        if (committed && courier.at_hub != courier.home) route.cost += kAbandoned;
    } else {
        const Time first_load = committed ? courier.first_load : route.trips[0].load + route.trips[0].spare;
        route.cost = money(courier, first_load, now, route.metres, true);
        route.lawful = route.lawful && now <= courier.shift_end && now - first_load <= courier.max_duty;
    }
}

}  // namespace dropwright
