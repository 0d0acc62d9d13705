// Ruin and recreate with simulated annealing over whole drops (Schrimpf et al. 2000; string removals after
// Christiaens and Vanden Berghe 2020): one move may change an order's hub, wave, trip, carrier, or all of these.
#pragma once

#include <atomic>
#include <chrono>

#include "state.hpp"

namespace dropwright {

// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same on every machine.
class Random {
   public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    int below(int n) { return static_cast<int>(next() % static_cast<std::uint64_t>(n)); }
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

   private:
    std::uint64_t state_;
};

class Search {
   public:
    // `halt`: once it says so, whatever this search is at ends as if its time were up.
    Search(const Problem& problem, std::uint64_t seed, const std::atomic<bool>* halt = nullptr);

    // Serves orders by due time, each at the cheapest spot, until all are tried or the clock strikes.
    void greedy(double seconds);
    // Tries everything for every order left over, again and again, until nothing pays. True when it came to the end.
    bool fill(double seconds);
    // Works from now on as `part` of `parts`: on the orders that it has by `owners` (-1: nobody's), on these couriers,
    // and with its share of what is free of stock, waves and collections.
    void restrict_to(std::span<const int> owners, std::vector<char> couriers, int part, int parts);
    // Anneals from the current plan: `steps` moves, or `seconds` where steps is 0, with progress going from..to.
    void anneal(std::int64_t steps, double seconds, double from, double to, double hot, double cold);
    // Goes on from these assignments, which become the best so far.
    void load(const std::vector<std::vector<Piece>>& pieces, const std::vector<Route>& routes);

    // By order, what serving it added when it was put back, the least so far but slowly forgotten; kNever: never was.
    // With these a move is given up as soon as orders still to be put back cannot be hoped to make it good.
    const std::vector<Money>& extras() const { return extras_; }
    void expect(std::vector<Money> extras) { extras_ = std::move(extras); }

    // Takes what the plan of `other` takes of goods, and of waves too if so wished, with every courier idle: for
    // questions, not for plans.
    void imagine(const Search& other, bool goods, bool waves);

    // What serving an order that is left over would add, its penalty not counted; kNever where nothing can take it.
    Money cheapest(int order);

    Money best_cost() const { return best_cost_; }
    Money cost() const { return state_.cost; }
    Money recount() const { return state_.recount(); }
    const std::vector<std::vector<Piece>>& best_pieces() const { return best_pieces_; }
    const std::vector<Route>& best_routes() const { return best_routes_; }
    std::int64_t moves() const { return moves_; }
    const State& state() const { return state_; }

   private:
    using Clock = std::chrono::steady_clock;
    enum class Care { quick, thorough };  // quick looks near and blinks, thorough looks everywhere

    bool place(int order, Care care, Money worth);
    bool place_whole(int order, Care care, Money& best, int& tried);
    std::vector<Line> put(int order, Piece piece, Care care, Money limit);
    bool place_split(int order, const std::vector<int>& first, Care care, Money limit);
    std::vector<std::vector<int>> split_starts(int order, Care care, bool done);
    Piece make_piece(int hub, std::vector<Line> lines) const;
    void look_around(int order);
    void places_near(int order, const Piece& piece);
    Spot find_spot(int order, const Piece& piece, Care care, Money limit);
    Money way_off(const Courier& courier, int hub, int order) const;
    void consider(int order, const Piece& piece, int wave, Spot spot, Spot& best, Money favour = 0);
    bool step(double temperature);
    Money hope(int order) const;
    void recreate(std::span<const int> out, double most);
    bool rearrange();
    Time earlier_wave(int courier, int trip);
    bool hurry(int courier, int trip, Time by);
    bool pick_by(int courier, int trip, int at, Time by);
    bool ruin(std::vector<int>& out);
    void pull(int order, std::vector<int>& out);
    void pull_string(int order, int most, std::vector<int>& out);
    bool take_out(std::vector<int>& out);
    void sort_for_recreation(std::vector<int>& out);
    void keep_best();
    bool carries(int courier, int order) const;

    const std::vector<int>& near(int order) const { return problem_.near[ix(order)]; }

    const Problem& problem_;
    State state_;
    Random random_;
    std::vector<std::vector<Piece>> best_pieces_;
    std::vector<Route> best_routes_;
    Money best_cost_;
    std::int64_t moves_ = 0;
    const std::atomic<bool>* halt_;
    bool halted() const { return halt_ && *halt_; }
    std::vector<std::pair<Time, int>> waves_;  // waves of a hub with room for the piece at hand, by end
    std::vector<int> group_seen_, pool_;
    int group_stamp_ = 0;
    struct Stop {
        int order, hub, courier, trip, at;
    };
    std::vector<Stop> around_;  // of orders near the one at hand
    struct Place {
        int courier, trip, at;
    };
    std::vector<Place> places_;
    std::vector<std::int64_t> place_before_, place_after_;  // by order: when its place was found last
    std::int64_t place_stamp_ = 0;
    std::vector<Money> extras_;  // by order
    std::vector<std::int64_t> pulled_;  // by order: the move that took it out last
    std::int64_t move_ = 0;
    bool opening_ = false;  // this move sends idle couriers out as if their day cost nothing
    bool sends_ = false;    // this move sends one out as if the way there cost nothing either
    std::vector<char> order_active_, courier_active_;
    std::vector<int> active_orders_;
};

}  // namespace dropwright
