// Changes of a state and how they are taken back.
#include "state.hpp"

namespace dropwright {

State::State(const Problem& given)
    : problem(given),
      pieces(given.orders.size()),
      routes(given.couriers.size()),
      taken(given.stock.size(), 0),
      most(given.stock),
      collection_left(given.collections.size()),
      order_saved_(given.orders.size(), 0),
      courier_saved_(given.couriers.size(), 0),
      order_changed_(given.orders.size(), 0),
      courier_changed_(given.couriers.size(), 0) {
    for (const Hub& hub : given.hubs) {
        auto& left = wave_left.emplace_back();
        for (const Wave& wave : hub.waves) left.push_back(wave.lines);
    }
    for (std::size_t k = 0; k < collection_left.size(); ++k) collection_left[k] = given.collections[k].parcels;
    for (std::size_t row = 0; row < most.size(); ++row) most[row] += given.contingency[row];
    for (const Order& order : given.orders) cost += order.unserved;
    for (int c = 0; c < static_cast<int>(routes.size()); ++c) {
        time(c);
        cost += routes[ix(c)].cost;
    }
}

bool State::fits(const Courier& courier, const Piece& piece, const Trip* trip) const {
    if ((piece.handling & ~courier.handling) != 0) return false;
    const std::int64_t grams = piece.grams + (trip ? trip->grams : 0);
    const std::int64_t millilitres = piece.millilitres + (trip ? trip->millilitres : 0);
    const std::int64_t count = 1 + (trip ? static_cast<std::int64_t>(trip->visits.size()) : 0);
    return grams <= courier.grams && millilitres <= courier.millilitres && count <= courier.parcels;
}

Money State::order_late(int order) const {
    Time shipped, delivered;
    floors(order, -1, shipped, delivered);
    const Order& wanted = problem.orders[ix(order)];
    return problem.late_shipping(wanted, shipped) + problem.late_delivery(wanted, delivered);
}

int State::target(int courier, int trip) const {
    const auto& trips = routes[ix(courier)].trips;
    return ix(trip + 1) < trips.size() ? trips[ix(trip + 1)].hub : problem.couriers[ix(courier)].home;
}

int State::point_before(int courier, int trip, int at) const {
    const Trip& it = routes[ix(courier)].trips[ix(trip)];
    return at == 0 ? it.hub : problem.point_of(it.visits[ix(at - 1)].order);
}

Money State::split_cost(int order) const {
    return pieces[ix(order)].empty() && problem.orders[ix(order)].parcels_before == 0 ? 0 : problem.split_cost;
}

Money State::picking_cost(int hub, const std::vector<Line>& lines) const {
    const Hub& at = problem.hubs[ix(hub)];
    Money sum = at.cost_per_parcel + at.cost_per_line * static_cast<Money>(lines.size());
    for (const Line& line : lines) {
        const std::size_t row = problem.row(hub, line.sku);
        const std::int64_t over = taken[row] + line.quantity - problem.stock[row];
        if (over > 0) sum += problem.contingency_cost[row] * std::min(over, line.quantity);
    }
    return sum;
}

void State::bump(std::int64_t& counter, std::int64_t by) {
    saved_counters_.emplace_back(&counter, by);
    counter += by;
}

// Takes lines from the hub's stock (sign 1) or puts them back (-1).
void State::take(int hub, const std::vector<Line>& lines, std::int64_t sign) {
    for (const Line& line : lines) bump(taken[problem.row(hub, line.sku)], sign * line.quantity);
}

void State::touch_order(int order) {
    if (!order_saved_[ix(order)]) {
        order_saved_[ix(order)] = 1;
        saved_orders_.emplace_back(order, pieces[ix(order)]);
    }
    if (!order_changed_[ix(order)]) {
        order_changed_[ix(order)] = 1;
        changed_orders.push_back(order);
    }
}

void State::touch_courier(int courier) {
    if (!courier_saved_[ix(courier)]) {
        courier_saved_[ix(courier)] = 1;
        saved_routes_.emplace_back(courier, routes[ix(courier)]);
    }
    if (!courier_changed_[ix(courier)]) {
        courier_changed_[ix(courier)] = 1;
        changed_couriers.push_back(courier);
    }
}

State::Concerned State::concerned(std::span<const int> orders, int courier) const {
    Concerned found;
    auto& list = found.couriers;
    const auto note = [&](int each) {
        if (each >= 0 && std::find(list.begin(), list.end(), each) == list.end()) list.push_back(each);
    };
    note(courier);
    for (const int order : orders)
        for (const Piece& piece : pieces[ix(order)]) note(piece.courier);
    found.direct = list.size();
    for (std::size_t i = 0; i < found.direct; ++i) {
        if (routes[ix(list[i])].splits == 0) continue;
        for (const Trip& trip : routes[ix(list[i])].trips)
            for (const Visit& visit : trip.visits)
                if (visit.split)
                    for (const Piece& piece : pieces[ix(visit.order)]) note(piece.courier);
    }
    return found;
}

// What these routes, the orders on them and `orders` add to the total: couriers' own cost and lateness.
Money State::parts(const std::vector<int>& couriers, std::span<const int> orders) const {
    Money sum = 0;
    std::vector<int> split;
    for (const int courier : couriers) {
        const Route& route = routes[ix(courier)];
        sum += route.cost + route.late_single;
        if (route.splits == 0) continue;
        for (const Trip& trip : route.trips)
            for (const Visit& visit : trip.visits)
                if (visit.split) split.push_back(visit.order);
    }
    for (const int order : orders) {
        const auto& own = pieces[ix(order)];
        const bool ridden = std::any_of(own.begin(), own.end(), [](const Piece& piece) { return piece.courier >= 0; });
        if (!own.empty() && !ridden) split.push_back(order);
    }
    std::sort(split.begin(), split.end());
    split.erase(std::unique(split.begin(), split.end()), split.end());
    for (const int each : split) sum += order_late(each);
    return sum;
}

void State::retime(const Concerned& those) {
    for (std::size_t i = 0; i < those.direct; ++i) time(those.couriers[i]);
    // Lateness of an order in pieces depends on the other couriers' times, which stand by now.
    for (std::size_t i = those.direct > 1 ? 0 : those.direct; i < those.couriers.size(); ++i) time(those.couriers[i]);
}

void State::link(int courier_index, int trip_index, int at) {
    const int profile = problem.couriers[ix(courier_index)].profile;
    Trip& trip = routes[ix(courier_index)].trips[ix(trip_index)];
    const int from = point_before(courier_index, trip_index, at);
    if (trip.joins(at))
        trip.visits[ix(at)].leg = {};
    else if (ix(at) < trip.visits.size())
        trip.visits[ix(at)].leg = problem.leg(profile, from, problem.point_of(trip.visits[ix(at)].order));
    else
        trip.back = problem.leg(profile, from, target(courier_index, trip_index));
}

void State::add(int order, Piece piece, const Spot& spot) {
    touch_order(order);
    auto& own = pieces[ix(order)];
    const Concerned those = concerned(std::span(&order, 1), spot.courier);
    for (const int courier : those.couriers) touch_courier(courier);
    cost -= parts(those.couriers, std::span(&order, 1));
    if (own.empty()) cost -= problem.orders[ix(order)].unserved;
    cost += split_cost(order);
    if (piece.picked < 0) {
        cost += picking_cost(piece.hub, piece.lines);
        take(piece.hub, piece.lines, 1);
        piece.wave = spot.wave;
        piece.ready = problem.hubs[ix(piece.hub)].waves[ix(spot.wave)].end;
        bump(wave_left[ix(piece.hub)][ix(spot.wave)], -static_cast<std::int64_t>(piece.lines.size()));
    }
    piece.courier = spot.courier;
    piece.collection = spot.collection;
    if (spot.collection >= 0) {
        bump(collection_left[ix(spot.collection)], -1);
        cost += tariff(spot.collection, piece.grams);
        own.push_back(std::move(piece));
    } else {
        auto& trips = routes[ix(spot.courier)].trips;
        const int at = std::max(spot.at, 0);
        if (spot.at < 0) {
            trips.insert(trips.begin() + spot.trip, Trip{})->hub = piece.hub;
            if (spot.trip > 0) link(spot.courier, spot.trip - 1, static_cast<int>(trips[ix(spot.trip - 1)].visits.size()));
        }
        Trip& trip = trips[ix(spot.trip)];
        trip.grams += piece.grams;
        trip.millilitres += piece.millilitres;
        trip.ready = std::max(trip.ready, piece.ready);
        trip.visits.insert(trip.visits.begin() + at, Visit{order, static_cast<int>(own.size()), {}, piece.ready});
        own.push_back(std::move(piece));
        link(spot.courier, spot.trip, at);
        link(spot.courier, spot.trip, at + 1);
    }
    retime(those);
    cost += parts(those.couriers, std::span(&order, 1));
}

void State::remove(std::span<const int> orders) {
    const Concerned those = concerned(orders, -1);
    for (const int courier : those.couriers) touch_courier(courier);
    cost -= parts(those.couriers, orders);
    for (const int order : orders) {
        auto& own = pieces[ix(order)];
        if (own.empty()) continue;
        touch_order(order);
        while (!own.empty()) {
            const Piece piece = std::move(own.back());
            const int slot = static_cast<int>(own.size()) - 1;
            own.pop_back();
            cost -= split_cost(order);
            if (piece.picked < 0) {
                take(piece.hub, piece.lines, -1);
                cost -= picking_cost(piece.hub, piece.lines);
                bump(wave_left[ix(piece.hub)][ix(piece.wave)], static_cast<std::int64_t>(piece.lines.size()));
            }
            if (piece.collection >= 0) {
                bump(collection_left[ix(piece.collection)], 1);
                cost -= tariff(piece.collection, piece.grams);
            } else {
                unload(piece, order, slot);
            }
        }
        cost += problem.orders[ix(order)].unserved;
    }
    retime(those);
    cost += parts(those.couriers, orders);
}

void State::unload(const Piece& piece, int order, int slot) {
    auto& trips = routes[ix(piece.courier)].trips;
    for (int k = 0; k < static_cast<int>(trips.size()); ++k) {
        Trip& trip = trips[ix(k)];
        const auto visit = std::find_if(trip.visits.begin(), trip.visits.end(), [&](const Visit& v) { return v.order == order && v.slot == slot; });
        if (visit == trip.visits.end()) continue;
        const int at = static_cast<int>(visit - trip.visits.begin());
        trip.visits.erase(visit);
        if (trip.visits.empty()) {
            trips.erase(trips.begin() + k);
            if (k > 0) link(piece.courier, k - 1, static_cast<int>(trips[ix(k - 1)].visits.size()));
            return;
        }
        trip.grams -= piece.grams;
        trip.millilitres -= piece.millilitres;
        trip.ready = trip.last_ready();
        link(piece.courier, k, at);
        return;
    }
}

Money State::tariff(int collection, std::int64_t grams) const {
    for (const auto& [up_to_grams, amount] : problem.collections[ix(collection)].tariff)
        if (grams <= up_to_grams) return amount;
    return kNever;
}

bool State::stranded(int courier) const {
    const auto& trips = routes[ix(courier)].trips;
    return !trips.empty() && trips[0].hub != problem.couriers[ix(courier)].at_hub;
}

Money State::recount() const {
    Money sum = 0;
    for (const Route& route : routes) sum += route.cost;
    for (int o = 0; o < static_cast<int>(pieces.size()); ++o) {
        const auto& own = pieces[ix(o)];
        if (own.empty()) {
            sum += problem.orders[ix(o)].unserved;
            continue;
        }
        sum += order_late(o) + problem.split_cost * (static_cast<Money>(own.size()) + problem.orders[ix(o)].parcels_before - 1);
        for (const Piece& piece : own) {
            const Hub& hub = problem.hubs[ix(piece.hub)];
            if (piece.picked < 0) sum += hub.cost_per_parcel + hub.cost_per_line * static_cast<Money>(piece.lines.size());
            if (piece.collection >= 0) sum += tariff(piece.collection, piece.grams);
        }
    }
    for (std::size_t row = 0; row < taken.size(); ++row)
        sum += problem.contingency_cost[row] * std::max<std::int64_t>(0, taken[row] - problem.stock[row]);
    return sum;
}

void State::load(const std::vector<std::vector<Piece>>& given, const std::vector<Route>& given_routes) {
    State fresh(problem);
    pieces = given;
    routes = given_routes;
    taken = std::move(fresh.taken);
    most = std::move(fresh.most);
    wave_left = std::move(fresh.wave_left);
    collection_left = std::move(fresh.collection_left);
    for (const auto& own : pieces)
        for (const Piece& piece : own) {
            if (piece.collection >= 0) --collection_left[ix(piece.collection)];
            if (piece.picked >= 0) continue;
            for (const Line& line : piece.lines) taken[problem.row(piece.hub, line.sku)] += line.quantity;
            wave_left[ix(piece.hub)][ix(piece.wave)] -= static_cast<std::int64_t>(piece.lines.size());
        }
    const int couriers = static_cast<int>(routes.size());
    for (int pass = 0; pass < 2; ++pass)  // the second knows when the other pieces of an order arrive
        for (int c = 0; c < couriers; ++c) time(c);
    cost = recount();
    mark();
    for (int o = 0; o < static_cast<int>(pieces.size()); ++o) touch_order(o);
    for (int c = 0; c < couriers; ++c) touch_courier(c);
    mark();
}

void State::share_out(std::span<const int> owners, int part, int parts) {
    // Of any number of things at a hub a part gets those from `from` / `of` of it up to `to` / `of`.
    struct Slice {
        std::int64_t from = 0, to = 0, of = 0;
    };
    std::vector<Slice> slices(problem.hubs.size());
    for (std::size_t o = 0; o < owners.size(); ++o) {
        if (owners[o] < 0) continue;
        for (const Piece& piece : pieces[o]) {
            Slice& slice = slices[ix(piece.hub)];
            slice.from += owners[o] < part, slice.to += owners[o] <= part, ++slice.of;
        }
    }
    for (Slice& slice : slices)
        if (slice.of == 0) slice = {part, part + 1, parts};
    // Where there is less than one for each, `which` decides who gets it, much as a draw would.
    const auto others = [&](std::size_t hub, std::size_t which, std::int64_t free) {
        if (free <= 0) return std::int64_t{0};
        const auto& [from, to, of] = slices[hub];
        const auto draw = static_cast<std::int64_t>(which * 7919 % static_cast<std::size_t>(of));
        const auto below = [&](std::int64_t share) { return free / of * share + (free % of * share + draw) / of; };
        return free - below(to) + below(from);
    };
    for (std::size_t row = 0; row < most.size(); ++row) most[row] -= others(row / problem.skus.size(), row, most[row] - taken[row]);
    for (std::size_t hub = 0; hub < wave_left.size(); ++hub)
        for (std::size_t wave = 0; wave < wave_left[hub].size(); ++wave) wave_left[hub][wave] -= others(hub, wave, wave_left[hub][wave]);
    for (std::size_t k = 0; k < collection_left.size(); ++k) collection_left[k] -= others(ix(problem.collections[k].hub), k, collection_left[k]);
}

void State::mark() {
    for (const auto& [order, own] : saved_orders_) order_saved_[ix(order)] = 0;
    for (const auto& [courier, route] : saved_routes_) courier_saved_[ix(courier)] = 0;
    saved_orders_.clear();
    saved_routes_.clear();
    saved_counters_.clear();
    saved_cost_ = cost;
}

bool State::lawful() const {
    return std::all_of(saved_routes_.begin(), saved_routes_.end(), [&](const auto& saved) { return routes[ix(saved.first)].lawful; });
}

void State::rewind() {
    for (auto& [order, own] : saved_orders_) pieces[ix(order)] = std::move(own);
    for (auto& [courier, route] : saved_routes_) {
        routes[ix(courier)] = std::move(route);
        stamp(courier);
    }
    for (auto saved = saved_counters_.rbegin(); saved != saved_counters_.rend(); ++saved) *saved->first -= saved->second;
    cost = saved_cost_;
    mark();
}

// Pieces on the route learn its times again.
void State::stamp(int courier) {
    const auto& trips = routes[ix(courier)].trips;
    for (std::size_t t = 0; t < trips.size(); ++t)
        for (std::size_t at = 0; at < trips[t].visits.size(); ++at) {
            const Trip& trip = trips[t];
            const Visit& visit = trip.visits[at];
            Piece& piece = pieces[ix(visit.order)][ix(visit.slot)];
            piece.trip = static_cast<int>(t);
            piece.at = static_cast<int>(at);
            piece.shipped = trip.load + problem.couriers[ix(courier)].load_seconds;
            piece.delivered = visit.start;
        }
}

void State::clear_changes() {
    for (const int order : changed_orders) order_changed_[ix(order)] = 0;
    for (const int courier : changed_couriers) courier_changed_[ix(courier)] = 0;
    changed_orders.clear();
    changed_couriers.clear();
}

}  // namespace dropwright
