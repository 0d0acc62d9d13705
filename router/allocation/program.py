"""Mixed-integer programs, solved by HiGHS as it comes inside OR-Tools: the only module that imports ortools.

A program is plain arrays, so it can be sent to another process; the library is imported when one is solved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WHOLE = 1e-6
"""How far from a whole number a variable may be and still count as one (HiGHS's own tolerance)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Least ``cost @ x`` with ``low <= x <= high`` and ``row_low <= A @ x <= row_high``.

    A is sparse: ``at_row``, ``at_column``, ``value``, each pair once, in any order. ``whole`` marks the variables
    that must be whole numbers; ``family`` numbers the variables that are decided together (−1: with none).
    """

    cost: Floats
    low: Floats
    high: Floats
    whole: Flags
    family: Ints
    row_low: Floats
    row_high: Floats
    at_row: Ints
    at_column: Ints
    value: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The values of a program's variables, what they cost, and a proved bound: no values cost less."""

    values: Floats
    cost: float
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """The program without wholeness: values, cost, and what one more unit of each row would change the cost by."""

    values: Floats
    cost: float
    prices: Floats


def optimum(program: Program) -> Found | None:
    """The best values, proved; ``None`` where there are none. Exponential: for small programs."""
    return _whole(program, gap=0.0, node_limit=None, budget_s=None)


def relaxation(program: Program, *, budget_s: float | None = None) -> Relaxed | None:
    """The linear relaxation, solved to the end; ``None`` where it has no answer, or none within ``budget_s``."""
    from ortools.math_opt.python import mathopt

    result, model = _solved(program, whole=False, gap=None, node_limit=None, budget_s=budget_s)
    if result.termination.reason != mathopt.TerminationReason.OPTIMAL or not result.has_dual_feasible_solution():
        return None
    return Relaxed(
        values=np.array(result.variable_values(model.variables()), dtype=np.float64),
        cost=result.objective_value(),
        prices=np.array(result.dual_values(model.linear_constraints()), dtype=np.float64),
    )


def settle(
    program: Program, relaxed: Relaxed, *, gap: float, node_limit: int | None, budget_s: float | None
) -> Found | None:
    """Whole values near those of the relaxation, or ``None`` where none were found within the limits.

    Every family that is whole in the relaxation is fixed as it is; the rest is decided by branch and bound, to
    ``gap`` (a share of the cost). Deterministic without ``budget_s``.
    Source: relax-and-fix (Pochet and Wolsey, Production Planning by Mixed Integer Programming, 2006, 3.6).
    """
    torn = program.whole & (np.abs(relaxed.values - np.round(relaxed.values)) > WHOLE)
    free = np.isin(program.family, np.unique(program.family[torn])) | (program.family < 0)
    fixed = np.round(relaxed.values)
    rest = replace(program, low=np.where(free, program.low, fixed), high=np.where(free, program.high, fixed))
    found = _whole(rest, gap=gap, node_limit=node_limit, budget_s=budget_s)
    return found and replace(found, bound=relaxed.cost)


def _whole(program: Program, *, gap: float, node_limit: int | None, budget_s: float | None) -> Found | None:
    result, model = _solved(program, whole=True, gap=gap, node_limit=node_limit, budget_s=budget_s)
    if not result.has_primal_feasible_solution():
        return None
    values = np.array(result.variable_values(model.variables()), dtype=np.float64)
    return Found(values=values, cost=result.objective_value(), bound=result.best_objective_bound())


def _solved(
    program: Program, *, whole: bool, gap: float | None, node_limit: int | None, budget_s: float | None
) -> tuple[mathopt.SolveResult, mathopt.Model]:
    from ortools.math_opt.python import mathopt

    model = mathopt.Model.from_model_proto(_proto(program, whole=whole))
    limits = mathopt.SolveParameters(
        relative_gap_tolerance=gap,
        node_limit=node_limit,
        time_limit=None if budget_s is None else timedelta(seconds=max(0.0, budget_s)),
    )
    return mathopt.solve(model, mathopt.SolverType.HIGHS, params=limits), model


def _proto(program: Program, *, whole: bool) -> model_pb2.ModelProto:
    """The program in OR-Tools' own form, filled by whole columns: a term at a time takes seconds."""
    from ortools.math_opt import model_pb2

    def fill(field: Any, values: npt.NDArray[Any]) -> None:
        field.extend(values.tolist())

    proto = model_pb2.ModelProto()
    columns, rows = np.arange(len(program.cost)), np.arange(len(program.row_low))
    fill(proto.variables.ids, columns)
    fill(proto.variables.lower_bounds, program.low)
    fill(proto.variables.upper_bounds, program.high)
    fill(proto.variables.integers, program.whole & whole)
    fill(proto.objective.linear_coefficients.ids, columns)
    fill(proto.objective.linear_coefficients.values, program.cost)
    fill(proto.linear_constraints.ids, rows)
    fill(proto.linear_constraints.lower_bounds, program.row_low)
    fill(proto.linear_constraints.upper_bounds, program.row_high)
    order = np.lexsort((program.at_column, program.at_row))
    fill(proto.linear_constraint_matrix.row_ids, program.at_row[order])
    fill(proto.linear_constraint_matrix.column_ids, program.at_column[order])
    fill(proto.linear_constraint_matrix.coefficients, program.value[order])
    return proto
