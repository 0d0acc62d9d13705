// A plan that several workers better together, round by round: each gets a part of it, and what it found is joined.
#pragma once

#include "parts.hpp"

namespace dropwright {

// How long and how hot every worker anneals in one round; as Search::anneal has it.
struct Schedule {
    std::int64_t steps;
    double seconds, from, to, hot, cold;
};

class Team {
   public:
    Team(const Problem& problem, std::uint64_t seed, int workers, const Search& start);

    // The parts of a round. Each worker gets couriers that work on one side of a line, which is drawn anew each round,
    // the orders that they carry, orders near by that nobody carries, and a share of what is free of goods, wave lines
    // and places in collections. Where orders are few, every worker gets everything, always or every second round.
    std::vector<std::string> share(int round, const Schedule& schedule);
    // Joins what became of the parts, in their order: where the workers stand goes on, the best they met is kept if it
    // is better. Of several plans of everything the cheapest goes on.
    void gather(const std::vector<std::string>& outcomes);

    Money best_cost() const { return best_cost_; }
    const Assignment& best() const { return best_; }
    std::int64_t moves() const { return moves_; }

   private:
    void split(int round);

    const Problem& problem_;
    std::uint64_t seed_;
    int parts_;
    Assignment plan_, best_;
    Money best_cost_;
    std::vector<Money> extras_;  // as Search::extras() has them
    std::int64_t moves_ = 0;
    std::vector<int> order_owner_, courier_owner_;
    bool together_ = false;  // this round every worker has everything
};

}  // namespace dropwright
