// The Python face of the bound's days.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "days.hpp"

namespace nb = nanobind;
using namespace dropwright::bound;

namespace {

using Table = nb::ndarray<const std::int32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Column = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class Array> std::vector<std::int32_t> copied(const Array& array) {
    return {array.data(), array.data() + array.size()};
}

using Rows = std::vector<std::tuple<int, int, int, bool>>;

std::vector<Visit> visits_of(const Rows& rows) {
    std::vector<Visit> visits;
    for (const auto& [node, lane, paid, first] : rows) visits.push_back({node, lane, static_cast<Paid>(paid), first});
    return visits;
}

Rows rows(const std::vector<Visit>& visits) {
    Rows found;
    for (const Visit& visit : visits) found.emplace_back(visit.node, visit.lane, static_cast<int>(visit.paid), visit.first);
    return found;
}

}  // namespace

NB_MODULE(_bound, m) {
    m.attr("ALL") = kAll;
    m.attr("WHOLE") = static_cast<int>(Paid::whole);
    m.attr("PART") = static_cast<int>(Paid::part);
    m.attr("NONE") = kNone;
    m.attr("NO_GAIN") = kNoGain;
    m.attr("NO_WAY") = kNoWay;
    m.attr("DEEP") = kDeep;

    nb::class_<Tables>(m, "Tables").def(nb::init<>());

    nb::class_<Days>(m, "Days")
        .def("__init__",
             [](Days* self, int start, int home, const std::vector<std::tuple<int, int, int>>& lanes, Table hop_slots, Table hop_cost,
                Table out_slots, Table out_cost, Table back_slots, Table back_cost, Column opens, Table late) {
                 Ground ground;
                 ground.nodes = static_cast<int>(hop_slots.shape(0));
                 ground.slots = static_cast<int>(late.shape(1));
                 ground.start = start, ground.home = home;
                 for (const auto& [hub, first, last] : lanes) ground.lanes.push_back({hub, first, last});
                 ground.hop_slots = copied(hop_slots), ground.hop_cost = copied(hop_cost);
                 ground.out_slots = copied(out_slots), ground.out_cost = copied(out_cost);
                 ground.back_slots = copied(back_slots), ground.back_cost = copied(back_cost);
                 ground.opens = copied(opens), ground.late = copied(late);
                 new (self) Days(std::move(ground));
             },
             nb::arg("start"), nb::arg("home"), nb::arg("lanes"), nb::arg("hop_slots"), nb::arg("hop_cost"), nb::arg("out_slots"),
             nb::arg("out_cost"), nb::arg("back_slots"), nb::arg("back_cost"), nb::arg("opens"), nb::arg("late"))
        .def("price",
             [](Days& self, Tables& tables, Table whole, Table part, Table share, Table least, Cost toll) {
                 const Gains gains{copied(whole), copied(part), copied(share), copied(least), toll};
                 nb::gil_scoped_release released;
                 return self.price(tables, gains);
             })
        .def("value", &Days::value)
        .def("path", [](const Days& self, const Tables& tables, int slot) { return rows(self.path(tables, slot)); })
        .def("learn", [](Days& self, const Rows& day) { return self.learn(visits_of(day)); })
        .def("recall", &Days::recall)
        .def("cheap", [](const Days& self, const Tables& tables, int slot, std::size_t most) {
            std::vector<std::tuple<int, int, Rows>> days;
            for (const Day& day : self.cheap(tables, slot, most)) days.emplace_back(day.cost, day.slot, rows(day.visits));
            return days;
        });
}
