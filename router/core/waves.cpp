// Which wave a parcel is picked in: any does that has ended when its trip loads. So two parcels of trips that leave late
// enough change waves at no cost, and a trip that waits for a wave can load earlier.
#include "search.hpp"

namespace dropwright {

void State::pick(int courier, int trip_index, int at, int wave) {
    Trip& trip = routes[ix(courier)].trips[ix(trip_index)];
    Visit& visit = trip.visits[ix(at)];
    touch_courier(courier);
    touch_order(visit.order);
    Piece& piece = pieces[ix(visit.order)][ix(visit.slot)];
    const auto lines = static_cast<std::int64_t>(piece.lines.size());
    auto& left = wave_left[ix(piece.hub)];
    bump(left[ix(piece.wave)], lines);
    bump(left[ix(wave)], -lines);
    piece.wave = wave;
    piece.ready = visit.ready = problem.hubs[ix(piece.hub)].waves[ix(wave)].end;
    trip.ready = trip.last_ready();
}

void State::drive_again(int courier) {
    const Concerned those = concerned({}, courier);
    for (const int each : those.couriers) touch_courier(each);
    cost -= parts(those.couriers, {});
    retime(those);
    cost += parts(those.couriers, {});
}

// The end of an earlier wave, drawn from those that would make a difference; kNever where the trip waits for none.
Time Search::earlier_wave(int courier, int trip) {
    const auto& trips = state_.routes[ix(courier)].trips;
    const Time free_at = state_.free_at(courier, trip);
    const auto& waves = problem_.hubs[ix(trips[ix(trip)].hub)].waves;
    int count = 0;
    while (ix(count) < waves.size() && waves[ix(count)].end < trips[ix(trip)].ready) ++count;
    if (trips[ix(trip)].ready <= free_at || count == 0) return kNever;
    int first = 0;
    while (first + 1 < count && waves[ix(first + 1)].end <= free_at) ++first;
    return waves[ix(first + random_.below(count - first))].end;
}

// Has all of a trip picked by an instant, and driven then. False, and half done, where others cannot wait instead.
bool Search::hurry(int courier, int trip, Time by) {
    const auto& visits = state_.routes[ix(courier)].trips[ix(trip)].visits;
    for (int at = 0; ix(at) < visits.size(); ++at)
        if (visits[ix(at)].ready > by && !pick_by(courier, trip, at, by)) return false;
    state_.drive_again(courier);
    return true;
}

// Has one parcel picked by an instant, where a wave has room or another parcel leaves late enough to change with it.
bool Search::pick_by(int courier, int trip, int at, Time by) {
    const Visit& visit = state_.routes[ix(courier)].trips[ix(trip)].visits[ix(at)];
    const Piece& piece = state_.pieces[ix(visit.order)][ix(visit.slot)];
    if (piece.picked >= 0 || !order_active_[ix(visit.order)]) return false;
    const int hub = piece.hub, wave = piece.wave;
    const auto& waves = problem_.hubs[ix(hub)].waves;
    const auto& left = state_.wave_left[ix(hub)];
    const auto lines = static_cast<std::int64_t>(piece.lines.size());
    const auto may = [&](int order, int w) { return problem_.may_pick(order, waves[ix(w)]); };
    for (int w = wave - 1; w >= 0; --w) {
        if (waves[ix(w)].end > by || left[ix(w)] < lines || !may(visit.order, w)) continue;
        state_.pick(courier, trip, at, w);
        return true;
    }
    for (const int c : problem_.couriers_at[ix(hub)]) {
        if (!courier_active_[ix(c)]) continue;
        const auto& trips = state_.routes[ix(c)].trips;
        for (int t = 0; ix(t) < trips.size(); ++t) {
            if (trips[ix(t)].hub != hub || trips[ix(t)].load < waves[ix(wave)].end || (c == courier && t == trip)) continue;
            for (int v = 0; ix(v) < trips[ix(t)].visits.size(); ++v) {
                const Visit& other = trips[ix(t)].visits[ix(v)];
                if (other.ready > by || !order_active_[ix(other.order)]) continue;
                const Piece& its = state_.pieces[ix(other.order)][ix(other.slot)];
                if (its.picked >= 0 || !may(other.order, wave) || !may(visit.order, its.wave)) continue;
                const int given = its.wave;
                const auto more = static_cast<std::int64_t>(its.lines.size()) - lines;
                if (left[ix(given)] + more < 0 || left[ix(wave)] < more) continue;
                state_.pick(c, t, v, wave);
                state_.pick(courier, trip, at, given);
                return true;
            }
        }
    }
    return false;
}

}  // namespace dropwright
