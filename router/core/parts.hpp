// A worker's round as bytes in, bytes out, so that it may run in this process or on another machine.
#pragma once

#include <string>
#include <string_view>

#include "search.hpp"

namespace dropwright {

// Who has what: orders by piece, couriers by trip, as State and Search keep them.
struct Assignment {
    std::vector<std::vector<Piece>> pieces;
    std::vector<Route> routes;
};

// Fills in what follows from the decisions: when pieces are ready and what they weigh, who carries them, every leg.
// Raises std::invalid_argument where the decisions are not of this problem.
void complete(const Problem& problem, Assignment& plan);

// What a worker does in one round: from which plan, on which orders and couriers, for how long and how hot.
struct Part {
    std::uint64_t seed = 0;
    int index = 0, parts = 1;    // which part of how many it is
    std::vector<int> owners;     // by order, whose it is, -1: nobody's; empty: this part has everything
    std::vector<char> couriers;  // by courier, whether it is this part's
    Assignment plan;
    std::vector<Money> extras;  // as Search::extras() has them
    std::int64_t steps = 0;  // or
    double seconds = 0;
    double from = 0, to = 1, hot = 1, cold = 1;
};

// How it went: where the search stands, and the best plan it met.
struct Outcome {
    Assignment plan, best;
    std::vector<Money> extras;
    Money cost = 0, best_cost = 0;
    std::int64_t moves = 0;
};

std::string write(const Part& part);
std::string write(const Outcome& outcome);
Part read_part(const Problem& problem, std::string_view bytes);
Outcome read_outcome(const Problem& problem, std::string_view bytes);

// Runs a part. The same bytes give the same bytes where steps are counted. `halt` ends it as if its time were up.
std::string run_part(const Problem& problem, std::string_view bytes, const std::atomic<bool>& halt);

}  // namespace dropwright
