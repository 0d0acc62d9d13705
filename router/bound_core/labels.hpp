// Walks to a door that are worth keeping: none is as cheap as another that remembers no more.
#pragma once

#include <array>
#include <cstdint>

#define DROPWRIGHT_INLINE inline __attribute__((always_inline))

namespace dropwright::bound {

using Cost = std::int32_t;

// A cost that stands for "no way". Costs stay between -kDeep and kNone / 2, or `price` says that they did not.
inline constexpr Cost kNone = 1 << 29;
inline constexpr Cost kDeep = 1 << 27;
// A gain so low that nobody visits for it.
inline constexpr Cost kNoGain = -(1 << 28);
// Walks kept for each door, slot and lane.
inline constexpr int kKept = 16;

// Doors that a walk remembers, a bit for each by its colour.
using Seen = std::uint16_t;
inline constexpr int kColours = 16;

// A walk to a door, the doors it remembers, and the walk before: its door (-1: the hub, -2: nobody came) and place.
struct Label {
    Cost cost;
    Seen seen;
    std::uint16_t before;
    DROPWRIGHT_INLINE int door() const { return before / kKept - 2; }
    DROPWRIGHT_INLINE int place() const { return before % kKept; }
};

// Doors that `before` can tell apart.
inline constexpr int kDoors = 65536 / kKept - 2;

DROPWRIGHT_INLINE Label walk_from(int door, int place, Cost cost, Seen seen) {
    return {cost, seen, static_cast<std::uint16_t>((door + 2) * kKept + place)};
}

// The walks of a door in a slot and lane, cheapest first; beyond the last one, costs are kNone.
using Labels = std::array<Label, kKept>;

inline constexpr Label kNobody{kNone, 0, 0};

// Puts a walk in its place, unless another one is as cheap and remembers no more; drops those to which it is such.
// Where there is no room, the dearest is dropped; or, if they are to `merge`, the two dearest become one that costs as
// little as either and remembers what both do.
template <bool merge> DROPWRIGHT_INLINE void put(Labels& labels, Label made) {
    int at = 0;
    while (labels[static_cast<std::size_t>(at)].cost <= made.cost) {
        if (!(labels[static_cast<std::size_t>(at)].seen & ~made.seen)) return;
        if (++at == kKept) {
            Label& last = labels[kKept - 1];
            if (merge) last.seen = static_cast<Seen>(last.seen & made.seen);
            return;
        }
    }
    int to = at;
    Label moved = made;
    for (int from = at; from < kKept; ++from) {
        const Label here = labels[static_cast<std::size_t>(from)];
        if (here.cost >= kNone) {
            labels[static_cast<std::size_t>(to)] = moved;
            ++to;
            moved = kNobody;
            for (; to <= from; ++to) labels[static_cast<std::size_t>(to)] = kNobody;
            return;
        }
        if (!(made.seen & ~here.seen)) continue;
        labels[static_cast<std::size_t>(to)] = moved;
        moved = here;
        ++to;
    }
    if (to < kKept) {
        labels[static_cast<std::size_t>(to)] = moved;
        for (++to; to < kKept; ++to) labels[static_cast<std::size_t>(to)] = kNobody;
        return;
    }
    Label& last = labels[kKept - 1];
    if (merge) last.seen = static_cast<Seen>(last.seen & moved.seen);
}

// Whether a walk that is here is as cheap and remembers no more.
DROPWRIGHT_INLINE bool outdone(const Labels& labels, const Label& made) {
    for (const Label& label : labels) {
        if (label.cost > made.cost) return false;
        if (!(label.seen & ~made.seen)) return true;
    }
    return false;
}

}  // namespace dropwright::bound
