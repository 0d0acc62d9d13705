from collections.abc import Sequence

import numpy as np

ALL: int
WHOLE: int
PART: int
NONE: int
NO_GAIN: int
NO_WAY: int
DEEP: int

_Table = np.ndarray[tuple[int, ...], np.dtype[np.int32]]
_Visits = list[tuple[int, int, int, bool]]

class Tables:
    def __init__(self) -> None: ...

class Days:
    def __init__(
        self,
        start: int,
        home: int,
        lanes: Sequence[tuple[int, int, int]],
        hop_slots: _Table,
        hop_cost: _Table,
        out_slots: _Table,
        out_cost: _Table,
        back_slots: _Table,
        back_cost: _Table,
        opens: _Table,
        late: _Table,
    ) -> None: ...
    def price(self, tables: Tables, whole: _Table, part: _Table, share: _Table, least: _Table, toll: int) -> bool: ...
    def value(self, slot: int) -> int: ...
    def path(self, tables: Tables, slot: int) -> _Visits: ...
    def learn(self, day: _Visits) -> bool: ...
    def recall(self, other: Days) -> None: ...
    def cheap(self, tables: Tables, slot: int, most: int) -> list[tuple[int, int, _Visits]]: ...
