// One plan under change: who picks what when, and what rides where, priced to the minor unit at every step.
#pragma once

#include <span>

#include "problem.hpp"

namespace dropwright {

constexpr Money kAbandoned = Money{1} << 40;  // a courier left away from home; dearer than any order

// One parcel of an order. `picked` >= 0: the order's committed parcel of that index, whose hub and wave are settled.
struct Piece {
    int hub = -1, wave = -1, picked = -1;
    int courier = -1, collection = -1;  // its way out: exactly one of the two
    Time ready = 0;                     // end of its wave
    int trip = -1, at = -1;             // its stop, and
    Time shipped = 0, delivered = 0;    // when it ships and arrives, as its courier's day was last timed
    std::int64_t grams = 0, millilitres = 0;
    std::uint64_t handling = 0;
    std::vector<Line> lines;
};

struct Visit {
    int order, slot;  // slot: index of the piece among the order's pieces
    Leg leg;          // from the stop before, or the hub
    Time ready;       // when the piece is
    Time arrive = 0, start = 0;  // earliest, given everything before
    // The latest times at which the order's other parcels ship and arrive; -kNever for an order in one piece.
    Time shipped_floor = -kNever, delivered_floor = -kNever;
    // A delay d at loading leaves the stops before this one as cheap as they are iff d <= bound_before, and
    // wait_before of it is gone here; a delay at this stop's arrival does the same for this stop and later ones.
    Time bound_before = kNever, wait_before = 0, bound_after = kNever, wait_after = 0;
    bool split = false;  // the order is in pieces
    Money late_before = 0, rise = 0;  // fees of the stops before it; by how much fees grow at least beyond bound_after
};

// What driving a trip from a given load time comes to.
struct Walk {
    Time back_at;
    Money late;         // what the orders aboard pay for lateness, shipping and delivery
    Time bound, wait;  // loading may move by d at no cost iff d <= min(bound, wait + delay allowed at return)
};

struct Trip {
    int hub = -1;
    std::vector<Visit> visits;
    Leg back{};  // to the next trip's hub, or home
    Time ready = 0;
    std::int64_t grams = 0, millilitres = 0, metres = 0;
    Time load = 0;   // earliest
    Walk walk{};     // from `load`
    Time shipping_slack = kNever, bound_stops = kNever;  // walk.bound apart: for shipping, for all stops
    Time spare = 0;  // how far `load` may move at no cost, all later trips considered

    // When the last of its parcels is.
    Time last_ready() const {
        Time last = -kNever;
        for (const Visit& visit : visits) last = std::max(last, visit.ready);
        return last;
    }
    // Is this stop one with the stop before it? Parcels of one order, handed over together, stand side by side.
    bool joins(int at) const {
        const auto i = static_cast<std::size_t>(at);
        return i > 0 && i < visits.size() && visits[i - 1].order == visits[i].order;
    }
};

struct Route {
    std::vector<Trip> trips;
    Money cost = 0;         // the courier's own: fixed, kilometres, hours
    Money late_single = 0;  // lateness of orders that are one piece; those in pieces are summed by order
    std::int64_t metres = 0;
    Time busy = 0;          // loading, under way or at a door: what duty comes to at least
    int splits = 0;         // stops for orders in pieces
    bool lawful = true;     // every leg has a way, and the day starts where the courier is and fits shift and duty
};

// A place for one piece: a stop of a trip (`at` >= 0), a new trip before `trip` (`at` = -1), or a collection.
struct Spot {
    Money delta = kNever;  // change of total cost, without handling, split and stock
    int wave = -1, collection = -1, courier = -1, trip = -1, at = -1;
};

class State {
   public:
    explicit State(const Problem& problem);

    const Problem& problem;
    std::vector<std::vector<Piece>> pieces;  // by order; empty: unserved
    std::vector<Route> routes;               // by courier
    std::vector<std::int64_t> taken, most;   // by hub x sku: units, and how many there may be
    std::vector<std::vector<std::int64_t>> wave_left;  // by hub, wave
    std::vector<std::int64_t> collection_left;
    Money cost = 0;

    bool served(int order) const { return !pieces[static_cast<std::size_t>(order)].empty(); }
    std::int64_t left(int hub, int sku) const {
        const std::size_t row = problem.row(hub, sku);
        return most[row] - taken[row];
    }
    // Keeps for `part` of `parts` its share of what is still free of goods, lines and places: as much of a hub's as the
    // part has of what is picked there. `owners`: by order, whose it is, -1: nobody's. All shares make up everything.
    void share_out(std::span<const int> owners, int part, int parts);

    // Could this courier take the piece on a trip of its own, or beside what `trip` carries?
    bool fits(const Courier& courier, const Piece& piece, const Trip* trip) const;

    // The change of cost for the piece at a spot, wave end `ready`; kNever where it is impossible or reaches `limit`.
    Money try_spot(int order, const Piece& piece, Time ready, const Spot& spot, Money limit) const;

    // Handling and contingency cost of one more piece with these lines at the hub.
    Money picking_cost(int hub, const std::vector<Line>& lines) const;
    // Split cost of one more piece of the order.
    Money split_cost(int order) const;

    // Puts the piece there and adjusts stock, wave, capacity and cost.
    void add(int order, Piece piece, const Spot& spot);
    // Takes all pieces of these orders out again. O(stops of the couriers concerned).
    void remove(std::span<const int> orders);
    void remove(int order) { remove(std::span(&order, 1)); }
    // The stops of a trip from `at` on; where there is no such trip yet, a new last one.
    struct Cut {
        int courier, trip, at;
    };
    // Swaps the ends of two trips from one hub. The whole of one and nothing of the other joins them; a new trip parts
    // one. False, and nothing is done, where an order in pieces is aboard or somebody's bag would not hold it.
    bool swap_ends(const Cut& a, const Cut& b);
    // Drives the stops `first` to `last` of a trip the other way round; false where an order in pieces is aboard.
    bool turn_round(int courier, int trip, int first, int last);
    // Picks the parcel of a stop in another wave of its hub; the trip loads as before until it is driven again.
    void pick(int courier, int trip, int at, int wave);
    // Times the courier's day anew, from what its trips carry now and in which order.
    void drive_again(int courier);
    // When the courier is there to load this trip, whatever it carries.
    Time free_at(int courier, int trip) const;
    // True where the first trip does not start where the courier is, after another trip was taken out.
    bool stranded(int courier) const;

    // Starts again from these assignments, whose legs are in place; times, counters and cost are computed anew.
    void load(const std::vector<std::vector<Piece>>& pieces, const std::vector<Route>& routes);

    // The cost computed anew from the assignments alone; equal to `cost` at any time.
    Money recount() const;

    // mark() starts a move, rewind() takes back everything since.
    void mark();
    void rewind();
    // Taking a stop out may leave a leg without a way, or a longer day: is every route changed since mark() lawful?
    bool lawful() const;

    // Touched since these were last cleared by clear_changes().
    std::vector<int> changed_orders, changed_couriers;
    void clear_changes();

   private:
    struct Extra;
    template <bool kExtra>
    bool walk(const Courier& courier, const Trip& trip, Time load, const Extra* extra, Leg back, Money limit, Walk& out) const;
    bool insert(const Courier& courier, const Trip& trip, Time load, const Extra& extra, Leg back, Money limit, Walk& out) const;
    Money money(const Courier& courier, Time first_load, Time last_back, std::int64_t metres, bool used) const;
    void floors(int order, int but_courier, Time& shipped, Time& delivered) const;
    Money order_late(int order) const;
    bool is_split(int order) const {
        const auto o = static_cast<std::size_t>(order);
        return pieces[o].size() + static_cast<std::size_t>(problem.orders[o].parcels_before) > 1;
    }
    // The couriers that a change of `orders` and of the route of `courier` touches: first those that carry the orders,
    // `direct` of them, then those that share an order in pieces with these.
    struct Concerned {
        std::vector<int> couriers;
        std::size_t direct = 0;
    };
    Concerned concerned(std::span<const int> orders, int courier) const;
    Money parts(const std::vector<int>& couriers, std::span<const int> orders) const;
    void retime(const Concerned& those);
    void stamp(int courier);
    void time(int courier);
    void link(int courier, int trip, int at);
    void settle(int courier, int trip, int at);
    bool plain(const Trip& trip) const;
    bool holds(const Courier& courier, std::span<const Visit> head, std::span<const Visit> end) const;
    void touch_order(int order);
    void touch_courier(int courier);
    void bump(std::int64_t& counter, std::int64_t by);
    void take(int hub, const std::vector<Line>& lines, std::int64_t sign);
    void unload(const Piece& piece, int order, int slot);
    Money tariff(int collection, std::int64_t grams) const;
    int point_before(int courier, int trip, int at) const;
    int target(int courier, int trip) const;  // where the trip returns to

    std::vector<std::pair<int, std::vector<Piece>>> saved_orders_;
    std::vector<std::pair<int, Route>> saved_routes_;
    std::vector<std::pair<std::int64_t*, std::int64_t>> saved_counters_;
    Money saved_cost_ = 0;
    std::vector<char> order_saved_, courier_saved_, order_changed_, courier_changed_;
};

}  // namespace dropwright
