// Several searches on one drop, most rounds each on hubs of its own; who has which hubs changes from round to round.
#pragma once

#include "search.hpp"

namespace dropwright {

class Team {
   public:
    Team(const Problem& problem, std::uint64_t seed, int workers);
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    Search& worker(int index) { return *workers_.at(static_cast<std::size_t>(index)); }
    int size() const { return static_cast<int>(workers_.size()); }

    // Hands the current plan out: each worker gets the hubs nearest to a pivot hub that are left, with about as many
    // orders as every other worker, and the couriers and orders that are at these hubs alone. In some rounds, and in
    // all where hubs are few, every worker gets everything, or orders could not change to a hub of another's.
    void share(int round);
    // Puts the workers' parts together again, or takes the cheapest of their plans: what they stand at goes on, the
    // best they met is kept if it is better.
    void gather();
    // Starts from this plan.
    void start(const Search& other);

    Money best_cost() const { return best_.best_cost(); }
    const Search& best() const { return best_; }

   private:
    const Problem& problem_;
    std::vector<std::unique_ptr<Search>> workers_;
    Search best_;
    std::vector<std::vector<Piece>> pieces_;
    std::vector<Route> routes_;
    std::vector<int> order_owner_, courier_owner_;
    bool together_ = false;  // this round every worker has everything
};

}  // namespace dropwright
