"""Pick lists as a folder of files: for each hub and wave one CSV, as the command line leaves them."""

from __future__ import annotations

from api.documents import pick_list_csv
from api.documents.names import file_names
from api.documents.picking import pick_lists
from router import codec
from router.model import Drop
from router.plan import Plan


def render(drop: Drop, plan: Plan) -> dict[str, bytes]:
    """The lists of a plan: file name to CSV. Nobody told where a SKU lies, so lines come by SKU."""
    lists = {(each.hub, each.wave): each for each in pick_lists(drop, plan, edition=codec.sha256(plan))}
    names = file_names(list(lists), ".csv")
    return {names[key]: pick_list_csv.render(each) for key, each in lists.items()}
