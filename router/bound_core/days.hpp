// The cheapest day of a courier at given gains: a path through time and places, from load to load, by dynamic
// programming. Trips are relaxed to ng-routes (Baldacci, Mingozzi, Roberti 2011): a door may be visited again once the
// walk has been at a door that does not know it; doors get to know those that good days came to again (Roberti, Mingozzi
// 2014). Everything is whole numbers, so that a value is a proof. docs/model.md, "The lower bound", says what is proved.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "labels.hpp"

namespace dropwright::bound {

// Slots of a leg that there is not.
inline constexpr int kNoWay = std::numeric_limits<std::int32_t>::max();
// Lanes that are looked at together.
inline constexpr int kLanes = 8;
// A share of all.
inline constexpr Cost kAll = 256;

// A lane is a hub and a span of slots in which a trip that belongs to it loads there.
struct Lane {
    int hub;
    int first;
    int last;
};

// What never changes: doors (nodes), hubs, and the legs between them. Matrices lie row by row.
struct Ground {
    int nodes = 0;
    int slots = 0;
    int start = 0;  // the first slot in which the courier may load
    int home = 0;   // the hub where the day begins and ends; -1: any
    std::vector<Lane> lanes;
    std::vector<int> hop_slots;   // (nodes, nodes), from row to column, with the row's service
    std::vector<Cost> hop_cost;
    std::vector<int> out_slots;   // (hubs, nodes), with loading
    std::vector<Cost> out_cost;
    std::vector<int> back_slots;  // (hubs, nodes), with service
    std::vector<Cost> back_cost;
    std::vector<int> opens;       // by node: no service before that slot
    std::vector<Cost> late;       // (nodes, slots): what a whole order pays if served then, never less than before
};

// What serving a door gains, (nodes, lanes): the largest of whole - late, part - share * late, with the share in parts
// of kAll, and least.
struct Gains {
    std::vector<Cost> whole;
    std::vector<Cost> part;
    std::vector<Cost> share;
    std::vector<Cost> least;
    Cost toll = 0;  // what loading costs
};

enum class Paid { whole, part, least };

// A visit of a day: the lane of its trip, and by which gain it was paid.
struct Visit {
    int node;
    int lane;
    Paid paid;
    bool first;  // of its trip
};

// A day that ends in this slot, its last visit first.
struct Day {
    Cost cost;
    int slot;
    std::vector<Visit> visits;
};

template <class Vector> auto& item(Vector& vector, int at) {
    return vector[static_cast<std::size_t>(at)];
}

// Costs by lane. Containers of bare vectors lose their alignment, so none is asked for.
typedef std::int32_t Row __attribute__((vector_size(4 * kLanes), aligned(4)));

struct Cell {
    Row row;
};

// A leg to a door.
struct Arc {
    std::int32_t source;
    std::int32_t slots;
    Cost cost;
    Cost floor;  // the least cost from this arc of its list on
};

// One of which something may be remembered. Bits of doors: `ban`, of the target; `own`, of the source; `keep`, of those
// that both know.
struct NearArc {
    Arc arc;
    Seen ban;
    Seen own;
    Seen keep;
    DROPWRIGHT_INLINE Seen pass(Seen seen) const { return static_cast<Seen>((seen & keep) | own); }
};

// Such a leg with walks that may be of use: those of a source's lanes, and a bit for each lane.
struct Useful {
    const NearArc* near;
    const Labels* past;
    unsigned lanes;
};

// Room for the numbers of one day after the other.
struct Tables {
    std::vector<Labels> labels;                 // (slots, nodes, lanes)
    std::vector<Cell> least;                    // (blocks, slots, nodes): the cheapest walk by lane
    std::vector<Cell> lowest;                   // (blocks, slots): the cheapest at any door until then
    std::vector<std::pair<Cost, int>> best;     // (slots, nodes): the cheapest of all lanes, and which
    std::vector<Labels> earlier;                // (nodes, lanes): some walks of the slots before
    std::vector<Cell> free;                     // (blocks, nodes): the cheapest of these that remembers nothing
    std::vector<Useful> useful;                 // legs to the door that is looked at
};

class Days {
   public:
    explicit Days(Ground ground);

    // Prices all days at these gains. False where numbers ran out of their range: then there is no value.
    bool price(Tables& tables, const Gains& gains);
    // The cost of the cheapest day with a trip that ends by this slot; none: kNone.
    Cost value(int slot) const;
    // Its visits, the last one first, none where they cannot be told; `tables` still as `price` left them.
    std::vector<Visit> path(const Tables& tables, int slot) const;
    // Cheap days that end by this slot, at most so many, the cheapest first: each ends at a door that none before it
    // comes by.
    std::vector<Day> cheap(const Tables& tables, int slot, std::size_t most) const;

    // Doors on the way get to know those that a day comes to again within a trip, from the next `price` on; whether that
    // forbids it. Doors that know others of these colours do not.
    bool learn(const std::vector<Visit>& visits);
    // What the days of another clock have learned; of the same doors.
    void recall(const Days& other);

   private:
    struct Return {
        Cost cost = kNone;
        int node = -1;  // -1: waited since the slot before
        int slot = -1;
        int lane = -1;
    };

    // By colour, the door of that colour that a door knows; -1: none.
    using Known = std::array<int, kColours>;

    void set_colours();
    void set_legs();
    bool forbid(const std::vector<int>& loop, int door);
    std::size_t block_at(int block, int slot) const {
        return static_cast<std::size_t>(block) * static_cast<std::size_t>(ground_.slots) + static_cast<std::size_t>(slot);
    }
    template <int> void run(Tables& tables);
    void run_wide(Tables& tables);
    void run_plain(Tables& tables);
    template <int> void reach(Tables& tables, int block, int slot, int node);
    void close(Tables& tables, int block, int slot);
    void load(int block, int arrived, int node, Cell& cost) const;
    void come_back(const Tables& tables, int slot, bool at_once);
    // What serving a door in a slot gains, by lane, and what it would as a whole order and as a part of one.
    void gain(int block, int slot, int node, Row& worth, Row& whole, Row& part) const;
    Cost at_hub(int hub, int slot) const;
    std::size_t at(int slot, int node) const {
        return static_cast<std::size_t>(slot) * static_cast<std::size_t>(ground_.nodes) + static_cast<std::size_t>(node);
    }
    std::size_t labels_at(int slot, int node, int lane) const { return at(slot, node) * lanes_ + static_cast<std::size_t>(lane); }
    // A day whose last visit is to this door.
    struct End {
        Cost cost;
        int slot;
        int node;
        int served;
        int lane;
    };

    void add_ends(const Tables& tables, int slot, int hub, int node, int block, std::vector<End>& ends) const;
    const Return& last_return(int hub, int slot) const;
    // The visits of the cheapest walk to a door, and of the day before it; none where they cannot be told.
    std::vector<Visit> trace(const Tables& tables, int slot, int node, int lane) const;
    std::optional<Visit> step_back(const Tables& tables, int& slot, int& node, int lane, int& place, int& loaded) const;

    Ground ground_;
    std::size_t lanes_ = 0;  // a multiple of kLanes
    int hubs_ = 0;
    int blocks_ = 0;
    bool return_first_ = false;
    int passes_ = 0;                             // simple walks through legs of no slot at all have at most so many
    std::vector<int> colours_;
    std::vector<Known> known_, learned_;         // by door: what counts now, and from the next time on
    bool has_learned_ = false;
    std::vector<std::vector<Arc>> far_;          // by target, those of a slot at least, shortest first
    std::vector<std::vector<NearArc>> near_;     // the same, where something may be remembered
    std::vector<std::vector<NearArc>> at_once_;  // by target, those of no slot
    std::vector<Cell> whole_, part_, share_, least_;  // (blocks, nodes)
    std::vector<std::vector<Return>> back_;      // by hub, by slot
    Cost lowest_ = 0;
    Cost toll_ = 0;
};

}  // namespace dropwright::bound
