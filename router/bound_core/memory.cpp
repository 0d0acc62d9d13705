// Which doors a door knows, so that walks that come by remember whether they have been there.
//
// Doors have colours, and a door knows one of each at most: a bit of a walk's memory stands for the door of that colour
// which the door where the walk is knows, and stays where the next door knows the same one.
#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "days.hpp"

namespace dropwright::bound {

namespace {

// Near doors that a door knows at first. More make walks that are no better of use, fewer have too much to learn.
constexpr int kFirst = 6;

}  // namespace

// Doors near to each other get colours of their own, as far as there are any.
void Days::set_colours() {
    const auto nodes = static_cast<std::size_t>(ground_.nodes);
    std::vector<std::vector<int>> near(nodes);
    Known none;
    none.fill(-1);
    colours_.assign(nodes, -1), known_.assign(nodes, none);
    for (int node = 0; node < ground_.nodes; ++node) {
        std::vector<std::tuple<bool, std::int64_t, std::int64_t, int>> others;
        for (int other = 0; other < ground_.nodes; ++other) {
            const std::size_t there = static_cast<std::size_t>(node) * nodes + static_cast<std::size_t>(other);
            const std::size_t back = static_cast<std::size_t>(other) * nodes + static_cast<std::size_t>(node);
            const std::int64_t slots = std::int64_t{ground_.hop_slots[there]} + ground_.hop_slots[back];
            const std::int64_t cost = std::int64_t{ground_.hop_cost[there]} + ground_.hop_cost[back];
            if (other != node) others.emplace_back(slots >= ground_.slots, cost, slots, other);
        }
        const std::size_t many = std::min<std::size_t>(2 * kColours, others.size());
        std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(many), others.end());
        std::array<double, kColours> taken{};
        for (std::size_t rank = 0; rank < many; ++rank) {
            const int other = std::get<int>(others[rank]);
            item(near, node).push_back(other);
            if (const int colour = item(colours_, other); colour >= 0) item(taken, colour) += 1.0 / static_cast<double>(rank + 1);
        }
        item(colours_, node) = static_cast<int>(std::min_element(taken.begin(), taken.end()) - taken.begin());
    }
    for (int node = 0; node < ground_.nodes; ++node) {
        int many = 0;
        for (const int other : item(near, node)) {
            int& known = item(item(known_, node), item(colours_, other));
            if (known < 0 && many < kFirst) known = other, ++many;
        }
    }
    learned_ = known_;
}

bool Days::learn(const std::vector<Visit>& visits) {
    bool forbidden = false;
    std::vector<int> trip;
    for (const Visit& visit : visits) {
        const auto last = std::find(trip.rbegin(), trip.rend(), visit.node);
        if (last != trip.rend()) forbidden = forbid({last.base(), trip.end()}, visit.node) || forbidden;
        trip.push_back(visit.node);
        if (visit.first) trip.clear();
    }
    return forbidden;
}

// All doors of a loop get to know the one where it begins and ends, if all can; whether some of them do not know it yet.
bool Days::forbid(const std::vector<int>& loop, int door) {
    const int colour = item(colours_, door);
    const auto can = [&](int node) { return item(item(learned_, node), colour) < 0 || item(item(learned_, node), colour) == door; };
    if (!std::all_of(loop.begin(), loop.end(), can)) return false;
    bool forbidden = false;
    for (const int node : loop) {
        item(item(learned_, node), colour) = door;
        forbidden = forbidden || item(item(known_, node), colour) != door;
    }
    has_learned_ = has_learned_ || forbidden;
    return forbidden;
}

void Days::recall(const Days& other) {
    if (other.ground_.nodes != ground_.nodes) throw std::invalid_argument("days of other doors");
    colours_ = other.colours_, learned_ = other.learned_, has_learned_ = true;
}

}  // namespace dropwright::bound
