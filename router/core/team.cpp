#include "team.hpp"

namespace dropwright {

namespace {

constexpr int kTogether = 4;  // in one round of so many every worker has the whole drop

}  // namespace

Team::Team(const Problem& problem, std::uint64_t seed, int workers) : problem_(problem), best_(problem, seed) {
    const int parts = std::max(1, workers);
    for (int w = 0; w < parts; ++w) workers_.push_back(std::make_unique<Search>(problem, seed * 1000003 + static_cast<std::uint64_t>(w)));
}

void Team::start(const Search& other) {
    pieces_ = other.best_pieces();
    routes_ = other.best_routes();
    best_.load(pieces_, routes_);
}

void Team::share(int round) {
    const int hubs = static_cast<int>(problem_.hubs.size()), parts = size();
    together_ = parts > 1 && (hubs < 2 * parts || round % kTogether == 0);
    if (together_) {
        for (int w = 0; w < parts; ++w) {
            worker(w).restrict_to({}, {}, {});
            worker(w).load(pieces_, routes_);
        }
        return;
    }
    std::vector<int> load(ix(hubs), 1), hub_owner(ix(hubs), 0), ranked(ix(hubs));
    for (const auto& own : pieces_)
        for (const Piece& piece : own) ++load[ix(piece.hub)];
    const int pivot = hubs == 0 ? 0 : round * 7 % hubs;
    for (int h = 0; h < hubs; ++h) ranked[ix(h)] = h;
    std::stable_sort(ranked.begin(), ranked.end(), [&](int a, int b) { return problem_.spread(pivot, a) < problem_.spread(pivot, b); });
    int total = 0, sum = 0, given = 0;
    for (const int units : load) total += units;
    for (int i = 0; i < hubs; ++i) {
        // Move on to the next worker once this one has its share, leaving at least one hub for each of the others.
        if (given + 1 < parts && i > 0 && hub_owner[ix(ranked[ix(i - 1)])] == given && (sum * parts >= total * (given + 1) || hubs - i < parts - given)) ++given;
        hub_owner[ix(ranked[ix(i)])] = given;
        sum += load[ix(ranked[ix(i)])];
    }
    courier_owner_.assign(problem_.couriers.size(), -1);
    order_owner_.assign(problem_.orders.size(), -1);
    for (std::size_t c = 0; c < courier_owner_.size(); ++c) {
        const int owner = hub_owner[ix(problem_.couriers[c].home)];
        const auto& trips = routes_[c].trips;
        if (std::all_of(trips.begin(), trips.end(), [&](const Trip& trip) { return hub_owner[ix(trip.hub)] == owner; })) courier_owner_[c] = owner;
    }
    for (std::size_t o = 0; o < order_owner_.size(); ++o) {
        const auto& own = pieces_[o];
        const auto& near = problem_.hubs_near[o];
        if (own.empty() && near.empty()) continue;
        const int owner = hub_owner[ix(own.empty() ? near[0] : own[0].hub)];
        const bool whole = std::all_of(own.begin(), own.end(), [&](const Piece& piece) {
            return hub_owner[ix(piece.hub)] == owner && (piece.courier < 0 || courier_owner_[ix(piece.courier)] == owner);
        });
        if (whole) order_owner_[o] = owner;
    }
    for (int w = 0; w < parts; ++w) {
        const auto mine = [w](const std::vector<int>& owners) {
            std::vector<char> flags;
            for (const int owner : owners) flags.push_back(owner == w);
            return flags;
        };
        worker(w).restrict_to(mine(order_owner_), mine(hub_owner), mine(courier_owner_));
        worker(w).load(pieces_, routes_);
    }
}

void Team::gather() {
    if (together_) {
        const auto cheaper = [](const auto& a, const auto& b) { return a->cost() < b->cost(); };
        const auto better = [](const auto& a, const auto& b) { return a->best_cost() < b->best_cost(); };
        const Search& ahead = **std::min_element(workers_.begin(), workers_.end(), cheaper);
        const Search& best = **std::min_element(workers_.begin(), workers_.end(), better);
        pieces_ = ahead.state().pieces;
        routes_ = ahead.state().routes;
        if (best.best_cost() < best_.best_cost()) best_.load(best.best_pieces(), best.best_routes());
        return;
    }
    auto best_pieces = pieces_;
    auto best_routes = routes_;
    for (std::size_t o = 0; o < pieces_.size(); ++o) {
        if (order_owner_[o] < 0) continue;
        const Search& owner = worker(order_owner_[o]);
        pieces_[o] = owner.state().pieces[o];
        best_pieces[o] = owner.best_pieces()[o];
    }
    for (std::size_t c = 0; c < routes_.size(); ++c) {
        if (courier_owner_[c] < 0) continue;
        const Search& owner = worker(courier_owner_[c]);
        routes_[c] = owner.state().routes[c];
        best_routes[c] = owner.best_routes()[c];
    }
    State joined(problem_);
    joined.load(best_pieces, best_routes);
    if (joined.cost < best_.best_cost()) best_.load(best_pieces, best_routes);
}

}  // namespace dropwright
