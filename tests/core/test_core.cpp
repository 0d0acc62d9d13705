// The core's own tests, run under the address and undefined-behaviour sanitizers.
#include <stdexcept>

#include "search.hpp"
#include "team.hpp"
#include "tests/core/check.hpp"

using namespace dropwright;

namespace {

void penalties_climb_by_steps_and_minutes_up_to_the_cap() {
    const Penalty penalty{{{0, 300}, {1800, 800}}, 5, 1000};
    CHECK(penalty.cost(0) == 0 && penalty.cost(-5) == 0);
    CHECK(penalty.cost(1) == 305 && penalty.cost(60) == 305 && penalty.cost(61) == 310);
    CHECK(penalty.cost(1800) == 300 + 5 * 30 && penalty.cost(1801) == 800 + 5 * 31);
    CHECK(penalty.cost(1'000'000) == 1000);
    for (Time late = -100; late < 4000; ++late) {
        const Time slack = penalty.slack(late);
        CHECK(slack >= 0 && penalty.cost(late + std::min<Time>(slack, 100000)) == penalty.cost(late));
    }
}

// A town of random points, two hubs, a few couriers and a carrier.
Problem town(int orders, std::uint64_t seed) {
    Random random(seed);
    Problem problem;
    problem.profiles.push_back({1.3, 42, 10, {}, {}});
    problem.penalties.push_back({{{0, 300}, {1800, 800}}, 5, 1200});
    for (int sku = 0; sku < 4; ++sku) problem.skus.push_back({300, 800, sku == 3 ? std::uint64_t{1} : 0});
    for (int hub = 0; hub < 2; ++hub) problem.hubs.push_back({{{0, 1800, 40}, {1800, 3600, 40}}, 45, 20});
    for (int row = 0; row < 8; ++row) {
        problem.stock.push_back(random.below(orders));
        problem.contingency.push_back(2);
        problem.contingency_cost.push_back(60);
    }
    problem.split_cost = 150;
    problem.collections.push_back({0, 7200, 60000, 10, 0, {{2000, 590}, {20000, 990}}});
    for (int c = 0; c < 4; ++c) {
        Courier courier{};
        courier.home = courier.at_hub = c % 2;
        courier.group = c;
        courier.loads_at = {1, 1};
        courier.shift_end = 4 * 3600, courier.max_duty = 3 * 3600;
        courier.grams = 6000, courier.millilitres = 20000, courier.parcels = 6, courier.max_trips = 4;
        courier.handling = c == 0 ? 1 : 0;
        courier.load_seconds = 240;
        courier.fixed = 500, courier.per_km = 8, courier.per_hour = 1900;
        courier.free_at = -kNever, courier.first_load = kNever;
        problem.couriers.push_back(courier);
    }
    for (int point = 0; point < 2 + orders; ++point) {
        problem.lat.push_back(60.16 + 0.03 * random.unit());
        problem.lon.push_back(24.90 + 0.06 * random.unit());
    }
    for (int o = 0; o < orders; ++o) {
        Order order;
        for (int sku = 0; sku < 4; ++sku)
            if (random.below(3) == 0) order.lines.push_back({sku, 1 + random.below(3)});
        if (order.lines.empty()) order.lines.push_back({0, 1});
        order.hubs = {1, 1};
        order.late_delivery = 0;
        order.deliver_due = 3600 + random.below(5400);
        order.service = 120;
        if (random.below(5) == 0) order.not_before = random.below(7200);
        order.unserved = 2500;
        problem.orders.push_back(order);
    }
    problem.seal();
    return problem;
}

void legs_are_symmetric_and_whole() {
    const Problem problem = town(30, 1);
    for (int a = 0; a < problem.points(); ++a)
        for (int b = 0; b < problem.points(); ++b) {
            const Leg there = problem.leg(0, a, b), back = problem.leg(0, b, a);
            CHECK(there.metres == back.metres && there.seconds == (there.metres * 10 + 41) / 42);
        }
}

void the_running_cost_is_the_cost_counted_anew() {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        const Problem problem = town(40, seed);
        Search search(problem, seed);
        search.greedy(1e9);
        CHECK(search.cost() == search.recount());
        for (int round = 0; round < 20; ++round) {
            search.anneal(50, 0, 0, 1, 3000, 20);
            CHECK(search.cost() == search.recount());
        }
        CHECK(search.best_cost() <= search.cost());
        search.load(std::vector(search.best_pieces()), std::vector(search.best_routes()));
        CHECK(search.cost() == search.best_cost());
    }
}

void a_move_taken_back_leaves_everything_as_it_was() {
    const Problem problem = town(40, 9);
    Search search(problem, 3);
    search.greedy(1e9);
    State state(problem);
    state.load(search.best_pieces(), search.best_routes());
    Random random(4);
    for (int round = 0; round < 400; ++round) {
        const Money cost = state.cost;
        const auto taken = state.taken;
        state.mark();
        for (int i = 0; i < 3; ++i) state.remove(random.below(40));
        CHECK(state.cost == state.recount());
        state.rewind();
        CHECK(state.cost == cost && state.recount() == cost && state.taken == taken);
    }
}

void what_a_spot_is_said_to_cost_is_what_it_costs() {
    const Problem problem = town(40, 12);
    Search search(problem, 3);
    search.greedy(1e9);
    State state(problem);
    state.load(search.best_pieces(), search.best_routes());
    int tried = 0;
    for (int o = 0; o < 40; ++o) {
        if (state.pieces[ix(o)].size() != 1) continue;
        state.mark();
        Piece piece = state.pieces[ix(o)][0];
        const int wave = piece.wave;
        state.remove(o);
        for (int c = 0; c < 4; ++c) {
            const auto trips = state.routes[ix(c)].trips;
            for (int t = 0; t < static_cast<int>(trips.size()); ++t)
                for (int at = -1; at <= static_cast<int>(trips[ix(t)].visits.size()); ++at) {
                    if (at >= 0 && (trips[ix(t)].hub != piece.hub || !state.fits(problem.couriers[ix(c)], piece, &trips[ix(t)]))) continue;
                    if (at < 0 && !state.fits(problem.couriers[ix(c)], piece, nullptr)) continue;
                    Spot spot{.courier = c, .trip = t, .at = at};
                    const Money said = state.try_spot(o, piece, piece.ready, spot, kNever);
                    if (said >= kNever) continue;
                    const Money before = state.cost - problem.orders[ix(o)].unserved + state.picking_cost(piece.hub, piece.lines);
                    Piece fresh = piece;
                    fresh.courier = fresh.collection = -1;
                    spot.wave = wave;
                    state.add(o, fresh, spot);
                    CHECK(state.cost - before == said);
                    CHECK(state.cost == state.recount());
                    ++tried;
                    state.remove(o);
                }
        }
        state.rewind();
    }
    CHECK(tried > 100);
}

void trips_that_swap_ends_or_turn_round_cost_what_is_counted_anew() {
    int swapped = 0, joined = 0, parted = 0, turned = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        const Problem problem = town(60, seed);
        Search search(problem, seed);
        search.greedy(1e9);
        State state(problem);
        state.load(search.best_pieces(), search.best_routes());
        Random random(seed);
        const auto stops = [&](int c, int t) { return static_cast<int>(state.routes[ix(c)].trips[ix(t)].visits.size()); };
        for (int round = 0; round < 400; ++round) {
            const int a = random.below(4), b = random.below(4);
            const int trips_a = static_cast<int>(state.routes[ix(a)].trips.size()), trips_b = static_cast<int>(state.routes[ix(b)].trips.size());
            if (trips_a == 0) continue;
            const int t = random.below(trips_a), u = random.below(trips_b + 1);
            const Money cost = state.cost;
            state.mark();
            if (random.below(3) == 0) {
                const int first = random.below(stops(a, t)), last = first + random.below(stops(a, t) - first);
                turned += state.turn_round(a, t, first, last);
            } else {
                const int at = random.below(stops(a, t) + 1), bt = u == trips_b ? 0 : random.below(stops(b, u) + 1);
                if (state.swap_ends({a, t, at}, {b, u, bt})) {
                    std::size_t before = ix(trips_a + (a == b ? 0 : trips_b)), after = state.routes[ix(a)].trips.size() + (a == b ? 0 : state.routes[ix(b)].trips.size());
                    swapped += before == after, joined += before > after, parted += before < after;
                }
            }
            CHECK(state.cost == state.recount());
            for (const Route& route : state.routes)
                for (const Trip& trip : route.trips) CHECK(!trip.visits.empty());
            const bool keep = random.below(2) == 0 && state.lawful();
            if (!keep) {
                state.rewind();
                CHECK(state.cost == cost && state.recount() == cost);
            }
        }
    }
    CHECK(swapped > 50 && joined > 10 && parted > 10 && turned > 50);
}

void two_parcels_change_waves_and_the_trip_that_waited_loads_earlier() {
    Problem problem = town(2, 1);
    problem.hubs[0].waves = {{0, 1800, 1}, {1800, 3600, 1}};
    problem.couriers[2].shift_start = 7200;
    for (Order& order : problem.orders) order.lines = {{0, 1}};
    State state(problem);
    const auto ride = [&](int order, int courier, int wave) {
        Piece piece;
        piece.hub = 0, piece.lines = {{0, 1}};
        state.add(order, piece, Spot{.wave = wave, .courier = courier, .trip = 0, .at = -1});
    };
    ride(0, 0, 1);
    ride(1, 2, 0);
    state.mark();
    const Money before = state.cost;
    const auto load = [&](int courier) { return state.routes[ix(courier)].trips[0].load; };
    CHECK(load(0) == 3600 && state.wave_left[0] == std::vector<std::int64_t>(2, 0));
    state.pick(2, 0, 0, 1);
    state.pick(0, 0, 0, 0);
    state.drive_again(0);
    CHECK(load(0) == 1800 && load(2) == 7200 && state.wave_left[0] == std::vector<std::int64_t>(2, 0));
    CHECK(state.cost == state.recount() && state.cost <= before);
    state.rewind();
    CHECK(load(0) == 3600 && state.cost == before && state.pieces[0][0].wave == 1 && state.pieces[1][0].wave == 0);
}

void a_move_is_given_up_where_the_orders_to_come_cannot_make_it_good() {
    const Problem problem = town(40, 3);
    Search free(problem, 1), held(problem, 1);
    free.greedy(1e9);
    held.greedy(1e9);
    std::vector<Money> nothing_hoped;
    for (const Order& order : problem.orders) nothing_hoped.push_back(order.unserved);
    held.expect(nothing_hoped);
    for (Search* search : {&free, &held}) search->anneal(2000, 0, 0, 1, 300, 20);
    CHECK(free.best_cost() < held.best_cost());
    int learnt = 0;
    for (std::size_t o = 0; o < problem.orders.size(); ++o) {
        const Money extra = free.extras()[o];
        CHECK(extra == kNever || extra <= problem.orders[o].unserved);
        learnt += extra < problem.orders[o].unserved;
    }
    CHECK(learnt > 30);
}

void a_team_keeps_the_best_and_works_apart() {
    for (const int orders : {60, 620}) {  // everybody has everything; everybody has a part
        const Problem problem = town(orders, 21);
        const std::atomic<bool> never = false;
        Search first(problem, 1);
        first.greedy(1e9);
        Team team(problem, 1, 2, first);
        for (int round = 0; round < 6; ++round) {
            const Money before = team.best_cost();
            std::vector<std::string> outcomes;
            for (const std::string& part : team.share(round, {100, 0, 0, 1, 2000, 20})) outcomes.push_back(run_part(problem, part, never));
            team.gather(outcomes);
            CHECK(team.best_cost() <= before);
            State state(problem);
            state.load(team.best().pieces, team.best().routes);
            CHECK(state.cost == team.best_cost());
            for (std::size_t row = 0; row < state.taken.size(); ++row) CHECK(state.taken[row] <= problem.stock[row] + problem.contingency[row]);
            for (const auto& waves : state.wave_left)
                for (const std::int64_t lines : waves) CHECK(lines >= 0);
            for (const std::int64_t places : state.collection_left) CHECK(places >= 0);
        }
        CHECK(team.moves() == 1200);
        const auto known = read_part(problem, team.share(6, {1, 0, 0, 1, 2000, 20})[0]).extras;  // goes from round to round
        CHECK(std::any_of(known.begin(), known.end(), [](Money extra) { return extra < kNever; }));
    }
}

void bytes_that_are_no_part_of_the_problem_are_refused() {
    const Problem problem = town(30, 5), other = town(31, 5);
    const std::atomic<bool> never = false;
    Search first(problem, 1);
    first.greedy(1e9);
    Team team(problem, 1, 1, first);
    const std::string part = team.share(0, {10, 0, 0, 1, 100, 10})[0];
    CHECK(run_part(problem, part, never) == run_part(problem, part, never));
    const auto refused = [&](const Problem& by, const std::string& bytes) {
        try {
            run_part(by, bytes, never);
        } catch (const std::invalid_argument&) {
            return true;
        }
        return false;
    };
    CHECK(refused(other, part));
    for (std::size_t size = 0; size < part.size(); size += 7) CHECK(refused(problem, part.substr(0, size)));
    CHECK(refused(problem, part + "x"));
}

}  // namespace

int main() {
    penalties_climb_by_steps_and_minutes_up_to_the_cap();
    legs_are_symmetric_and_whole();
    the_running_cost_is_the_cost_counted_anew();
    a_move_taken_back_leaves_everything_as_it_was();
    what_a_spot_is_said_to_cost_is_what_it_costs();
    trips_that_swap_ends_or_turn_round_cost_what_is_counted_anew();
    two_parcels_change_waves_and_the_trip_that_waited_loads_earlier();
    a_move_is_given_up_where_the_orders_to_come_cannot_make_it_good();
    a_team_keeps_the_best_and_works_apart();
    bytes_that_are_no_part_of_the_problem_are_refused();
    std::printf("core: %d checks held\n", passed);
}
