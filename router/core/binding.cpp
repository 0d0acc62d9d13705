// The Python face of the core: a problem is built record by record, a search runs without the interpreter's lock.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>

#include "team.hpp"

namespace nb = nanobind;
using namespace dropwright;

namespace {

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;
using Lines = std::vector<std::pair<int, std::int64_t>>;
using Matrix = nb::ndarray<const std::int32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
// (hub, wave, picked, collection, lines)
using PieceRow = std::tuple<int, int, int, int, Lines>;
// (hub, [(order, slot)])
using TripRow = std::pair<int, std::vector<std::pair<int, int>>>;
using Rows = std::pair<std::vector<std::vector<PieceRow>>, std::vector<std::vector<TripRow>>>;

// Ends the parts that watch it.
struct Halt {
    std::atomic<bool> now = false;
};

std::vector<Line> to_lines(const Lines& rows) {
    std::vector<Line> lines;
    for (const auto& [sku, quantity] : rows) lines.push_back({sku, quantity});
    return lines;
}

Lines from_lines(const std::vector<Line>& lines) {
    Lines rows;
    for (const Line& line : lines) rows.emplace_back(line.sku, line.quantity);
    return rows;
}

Rows rows(const std::vector<std::vector<Piece>>& pieces, const std::vector<Route>& routes) {
    Rows out;
    for (const auto& own : pieces) {
        auto& row = out.first.emplace_back();
        for (const Piece& piece : own) row.emplace_back(piece.hub, piece.wave, piece.picked, piece.collection, from_lines(piece.lines));
    }
    for (const Route& route : routes) {
        auto& driven = out.second.emplace_back();
        for (const Trip& trip : route.trips) {
            auto& row = driven.emplace_back(trip.hub, std::vector<std::pair<int, int>>{});
            for (const Visit& visit : trip.visits) row.second.emplace_back(visit.order, visit.slot);
        }
    }
    return out;
}

void load(Search& search, const Problem& problem, const Rows& given) {
    Assignment plan{std::vector<std::vector<Piece>>(given.first.size()), std::vector<Route>(given.second.size())};
    for (std::size_t o = 0; o < given.first.size(); ++o)
        for (const auto& [hub, wave, picked, collection, lines] : given.first[o]) {
            Piece& piece = plan.pieces[o].emplace_back();
            piece.hub = hub, piece.wave = wave, piece.picked = picked, piece.collection = collection;
            piece.lines = to_lines(lines);
        }
    for (std::size_t c = 0; c < given.second.size(); ++c)
        for (const auto& [hub, stops] : given.second[c]) {
            Trip& trip = plan.routes[c].trips.emplace_back();
            trip.hub = hub;
            for (const auto& [order, slot] : stops) trip.visits.push_back({order, slot, {}, 0});
        }
    complete(problem, plan);
    search.load(plan.pieces, plan.routes);
}

}  // namespace

NB_MODULE(_core, m) {
    m.attr("NEVER") = kNever;

    nb::class_<Problem>(m, "Problem")
        .def(nb::init<>())
        .def("add_circle_profile", [](Problem& self, double detour, std::int64_t speed_num, std::int64_t speed_den) {
            self.profiles.push_back({detour, speed_num, speed_den, {}});
        })
        .def("add_matrix_profile", [](Problem& self, Matrix metres, Matrix seconds) {
            Profile& profile = self.profiles.emplace_back();
            for (std::size_t i = 0; i < metres.size(); ++i) profile.cells.push_back({metres.data()[i], seconds.data()[i]});
            self.places = static_cast<std::int64_t>(metres.shape(0));
        })
        .def("set_points", [](Problem& self, std::vector<double> lat, std::vector<double> lon, std::vector<std::int64_t> place) {
            self.lat = std::move(lat);
            self.lon = std::move(lon);
            self.place = std::move(place);
        })
        .def("add_penalty", [](Problem& self, const Pairs& steps, Money per_minute, Money cap) {
            Penalty penalty{{}, per_minute, cap};
            for (const auto& [after, amount] : steps) penalty.steps.push_back({after, amount});
            self.penalties.push_back(std::move(penalty));
        })
        .def("add_sku", [](Problem& self, std::int64_t grams, std::int64_t millilitres, std::uint64_t handling) {
            self.skus.push_back({grams, millilitres, handling});
        })
        .def("add_hub", [](Problem& self, const std::vector<std::tuple<Time, Time, std::int64_t>>& waves, Money per_parcel, Money per_line) {
            Hub hub{{}, per_parcel, per_line};
            for (const auto& [start, end, lines] : waves) hub.waves.push_back({start, end, lines});
            self.hubs.push_back(std::move(hub));
        })
        .def("set_stock", [](Problem& self, std::vector<std::int64_t> stock, std::vector<std::int64_t> contingency, std::vector<Money> cost) {
            self.stock = std::move(stock);
            self.contingency = std::move(contingency);
            self.contingency_cost = std::move(cost);
        })
        .def("set_split_cost", [](Problem& self, Money cost) { self.split_cost = cost; })
        .def("add_collection", [](Problem& self, int hub, Time at, Time delivered_at, std::int64_t parcels, std::uint64_t handling, const Pairs& tariff) {
            self.collections.push_back({hub, at, delivered_at, parcels, handling, tariff});
        })
        .def("add_courier",
             [](Problem& self, int profile, int home, int group, std::vector<int> loads_at, std::tuple<Time, Time, Time> shift,
                std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t> limits, std::uint64_t handling, Time load_seconds,
                std::tuple<Money, Money, Money> cost, std::tuple<int, Time, Time, std::int64_t, std::int64_t> committed) {
                 Courier courier{};
                 courier.profile = profile, courier.home = home, courier.group = group;
                 courier.loads_at.assign(self.hubs.size(), 0);
                 for (const int hub : loads_at) courier.loads_at.at(static_cast<std::size_t>(hub)) = 1;
                 std::tie(courier.shift_start, courier.shift_end, courier.max_duty) = shift;
                 std::tie(courier.grams, courier.millilitres, courier.parcels, courier.max_trips) = limits;
                 courier.handling = handling, courier.load_seconds = load_seconds;
                 std::tie(courier.fixed, courier.per_km, courier.per_hour) = cost;
                 std::tie(courier.at_hub, courier.free_at, courier.first_load, courier.metres_before, courier.trips_before) = committed;
                 self.couriers.push_back(std::move(courier));
             })
        .def("add_order",
             [](Problem& self, const Lines& lines, const std::vector<int>& hubs, const std::vector<std::tuple<int, Time, Lines>>& picked,
                std::tuple<int, Time, Time> before, std::tuple<int, int, Time, Time> promise, std::tuple<Time, Time, Time> times, Money unserved) {
                 Order order;
                 order.lines = to_lines(lines);
                 order.hubs.assign(self.hubs.size(), 0);
                 for (const int hub : hubs) order.hubs.at(static_cast<std::size_t>(hub)) = 1;
                 for (const auto& [hub, ready, rows] : picked) order.picked.push_back({hub, ready, to_lines(rows)});
                 std::tie(order.parcels_before, order.shipped_before, order.delivered_before) = before;
                 std::tie(order.late_shipping, order.late_delivery, order.ship_due, order.deliver_due) = promise;
                 std::tie(order.clear_at, order.not_before, order.service) = times;
                 order.unserved = unserved;
                 self.orders.push_back(std::move(order));
             })
        .def("seal", &Problem::seal, nb::call_guard<nb::gil_scoped_release>())
        .def("leg", [](const Problem& self, int profile, int from, int to) {
            const Leg leg = self.leg(profile, from, to);
            return std::pair{leg.metres, leg.seconds};
        });

    nb::class_<Search>(m, "Search")
        .def(nb::init<const Problem&, std::uint64_t>(), nb::keep_alive<1, 2>())
        .def("greedy", &Search::greedy, nb::call_guard<nb::gil_scoped_release>())
        .def("fill", &Search::fill, nb::call_guard<nb::gil_scoped_release>())
        .def("anneal", &Search::anneal, nb::call_guard<nb::gil_scoped_release>())
        .def("imagine", &Search::imagine)
        .def("cheapest", &Search::cheapest, nb::call_guard<nb::gil_scoped_release>())
        .def("assignment", [](const Search& self) { return rows(self.best_pieces(), self.best_routes()); })
        .def("load", &load)
        .def("recount", &Search::recount)
        .def_prop_ro("cost", &Search::cost)
        .def_prop_ro("best_cost", &Search::best_cost)
        .def_prop_ro("moves", &Search::moves);

    nb::class_<Halt>(m, "Halt")
        .def(nb::init<>())
        .def("set", [](Halt& self) { self.now = true; });

    m.def("run_part", [](const Problem& problem, const Halt& halt, const nb::bytes& part) {
        const std::string_view given(part.c_str(), part.size());
        std::string found;
        {
            const nb::gil_scoped_release free;
            found = run_part(problem, given, halt.now);
        }
        return nb::bytes(found.data(), found.size());
    });

    nb::class_<Team>(m, "Team")
        .def(nb::init<const Problem&, std::uint64_t, int, const Search&>(), nb::keep_alive<1, 2>())
        .def("share", [](Team& self, int round, std::int64_t steps, double seconds, double from, double to, double hot, double cold) {
            std::vector<nb::bytes> parts;
            for (const std::string& part : self.share(round, {steps, seconds, from, to, hot, cold})) parts.emplace_back(part.data(), part.size());
            return parts;
        })
        .def("gather", [](Team& self, const std::vector<nb::bytes>& outcomes) {
            std::vector<std::string> found;
            for (const nb::bytes& each : outcomes) found.emplace_back(each.c_str(), each.size());
            const nb::gil_scoped_release free;
            self.gather(found);
        })
        .def("assignment", [](const Team& self) { return rows(self.best().pieces, self.best().routes); })
        .def_prop_ro("moves", &Team::moves)
        .def_prop_ro("best_cost", &Team::best_cost);
}
