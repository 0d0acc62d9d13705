// What a day's program lays out once: the ground checked, near doors, and legs by where they lead.
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
    if (ground_.nodes < 0 || ground_.slots < 1 || ground_.nodes > 32000) throw std::invalid_argument("ground without slots, or too many nodes");
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
    set_neighbours();
}

void Days::set_neighbours() {
    const int nodes = ground_.nodes;
    const auto cell = [nodes](int from, int to) { return static_cast<std::size_t>(from) * static_cast<std::size_t>(nodes) + static_cast<std::size_t>(to); };
    // The place of one door among the near ones of another, or -1.
    std::vector<std::int8_t> place(static_cast<std::size_t>(nodes) * static_cast<std::size_t>(nodes), -1);
    std::vector<std::vector<int>> near(static_cast<std::size_t>(nodes));
    for (int node = 0; node < nodes; ++node) {
        std::vector<std::pair<std::int64_t, int>> others;
        for (int other = 0; other < nodes; ++other)
            if (other != node) others.emplace_back(std::int64_t{ground_.hop_slots[cell(node, other)]} + ground_.hop_slots[cell(other, node)], other);
        const std::size_t many = std::min<std::size_t>(kNear, others.size());
        std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(many), others.end());
        for (std::size_t rank = 0; rank < many; ++rank) {
            item(near, node).push_back(others[rank].second);
            place[cell(node, others[rank].second)] = static_cast<std::int8_t>(rank);
        }
    }
    far_.resize(static_cast<std::size_t>(nodes)), near_.resize(static_cast<std::size_t>(nodes)), at_once_.resize(static_cast<std::size_t>(nodes));
    std::vector<std::pair<int, int>> pairs;
    for (int from = 0; from < nodes; ++from)
        for (int to = 0; to < nodes; ++to) {
            const int hop = ground_.hop_slots[cell(from, to)];
            if (from == to || hop >= ground_.slots) continue;
            NearArc made{{from, hop, ground_.hop_cost[cell(from, to)], 0}, 0, 0, {}, {}};
            if (const int ban = place[cell(from, to)]; ban >= 0) made.ban = static_cast<std::uint8_t>(1 << ban);
            if (const int own = place[cell(to, from)]; own >= 0) made.own = static_cast<std::uint8_t>(1 << own);
            bool shares = made.ban || made.own;
            for (int rank = 0; rank < static_cast<int>(item(near, from).size()); ++rank) {
                const int there = place[cell(to, item(item(near, from), rank))];
                if (there < 0) continue;
                shares = true;
                for (int bits = 0; bits < 16; ++bits)
                    if (bits >> (rank % 4) & 1) item(rank < 4 ? made.low : made.high, bits) |= static_cast<std::uint8_t>(1 << there);
            }
            if (hop <= 0) {
                pairs.emplace_back(from, to);
                item(at_once_, to).push_back(made);
            } else if (shares) {
                item(near_, to).push_back(made);
            } else {
                item(far_, to).push_back(made.arc);
            }
        }
    passes_ = largest_component(nodes, pairs) - 1;
    for (auto& own : far_) sort_arcs(own, [](auto& arc) -> auto& { return arc; });
    for (auto& own : near_) sort_arcs(own, [](auto& near_arc) -> auto& { return near_arc.arc; });
}

}  // namespace dropwright::bound
