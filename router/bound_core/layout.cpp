// What a day's program lays out: the ground checked, and legs by where they lead.
#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "days.hpp"

namespace dropwright::bound {

namespace {

int largest_component(int nodes, const std::vector<std::pair<int, int>>& pairs) {
    std::vector<int> root(static_cast<std::size_t>(nodes)), size(static_cast<std::size_t>(nodes), 1);
    std::iota(root.begin(), root.end(), 0);
    const auto find = [&root](int node) {
        while (root[static_cast<std::size_t>(node)] != node) node = root[static_cast<std::size_t>(node)];
        return node;
    };
    int most = 1;
    for (const auto& [a, b] : pairs) {
        int one = find(a), two = find(b);
        if (one == two) continue;
        if (size[static_cast<std::size_t>(one)] < size[static_cast<std::size_t>(two)]) std::swap(one, two);
        root[static_cast<std::size_t>(two)] = one;
        most = std::max(most, size[static_cast<std::size_t>(one)] += size[static_cast<std::size_t>(two)]);
    }
    return most;
}

// Arcs, shortest first, each with the least cost from it on; `arc` gives that of an entry.
template <class List, class Arc> void sort_arcs(List& list, Arc arc) {
    std::stable_sort(list.begin(), list.end(), [&arc](const auto& a, const auto& b) { return arc(a).slots < arc(b).slots; });
    Cost floor = kNone;
    for (auto entry = list.rbegin(); entry != list.rend(); ++entry) arc(*entry).floor = floor = std::min(floor, arc(*entry).cost);
}

}  // namespace

Days::Days(Ground ground) : ground_(std::move(ground)) {
    const auto nodes = static_cast<std::size_t>(ground_.nodes), slots = static_cast<std::size_t>(ground_.slots);
    if (ground_.nodes < 0 || ground_.slots < 1 || ground_.nodes > kDoors) throw std::invalid_argument("ground without slots, or too many nodes");
    if (ground_.hop_slots.size() != nodes * nodes || ground_.hop_cost.size() != nodes * nodes) throw std::invalid_argument("hops are (nodes, nodes)");
    if (ground_.opens.size() != nodes || ground_.late.size() != nodes * slots)
        throw std::invalid_argument("opens is (nodes,), late (nodes, slots)");
    hubs_ = nodes ? static_cast<int>(ground_.out_slots.size() / nodes) : 0;
    const std::size_t stems = static_cast<std::size_t>(hubs_) * nodes;
    if (ground_.out_slots.size() != stems || ground_.out_cost.size() != stems || ground_.back_slots.size() != stems || ground_.back_cost.size() != stems)
        throw std::invalid_argument("legs out and back are (hubs, nodes)");
    if (ground_.home < -1 || (nodes && ground_.home >= hubs_)) throw std::invalid_argument("home is no hub");
    for (const Lane& lane : ground_.lanes)
        if (nodes && (lane.hub < 0 || lane.hub >= hubs_)) throw std::invalid_argument("a lane of no hub");
    const auto at_once = [](const std::vector<int>& legs) { return std::any_of(legs.begin(), legs.end(), [](int s) { return s < 1; }); };
    if (at_once(ground_.out_slots)) {
        if (at_once(ground_.back_slots)) throw std::invalid_argument("trips of no slot");
        return_first_ = true;
    }
    blocks_ = (static_cast<int>(ground_.lanes.size()) + kLanes - 1) / kLanes;
    lanes_ = static_cast<std::size_t>(blocks_) * kLanes;
    back_.assign(static_cast<std::size_t>(hubs_), std::vector<Return>(slots));
    set_colours();
    set_legs();
}

void Days::set_legs() {
    const auto nodes = static_cast<std::size_t>(ground_.nodes);
    far_.assign(nodes, {}), near_.assign(nodes, {}), at_once_.assign(nodes, {});
    std::vector<std::pair<int, int>> pairs;
    for (int to = 0; to < ground_.nodes; ++to)
        for (int from = 0; from < ground_.nodes; ++from) {
            const std::size_t cell = static_cast<std::size_t>(from) * nodes + static_cast<std::size_t>(to);
            const int hop = ground_.hop_slots[cell];
            if (from == to || hop >= ground_.slots) continue;
            NearArc made{{from, hop, ground_.hop_cost[cell], 0}, 0, 0, 0};
            const Known &here = item(known_, from), &there = item(known_, to);
            for (int colour = 0; colour < kColours; ++colour) {
                const auto bit = static_cast<Seen>(1 << colour);
                if (item(here, colour) == to) made.ban = bit;
                if (item(there, colour) == from) made.own = bit;
                if (item(here, colour) >= 0 && item(here, colour) == item(there, colour)) made.keep = static_cast<Seen>(made.keep | bit);
            }
            if (hop <= 0) {
                pairs.emplace_back(from, to);
                item(at_once_, to).push_back(made);
            } else if (made.ban || made.own || made.keep) {
                item(near_, to).push_back(made);
            } else {
                item(far_, to).push_back(made.arc);
            }
        }
    passes_ = largest_component(ground_.nodes, pairs) - 1;
    for (auto& own : far_) sort_arcs(own, [](auto& arc) -> auto& { return arc; });
    for (auto& own : near_) sort_arcs(own, [](auto& near_arc) -> auto& { return near_arc.arc; });
}

}  // namespace dropwright::bound
