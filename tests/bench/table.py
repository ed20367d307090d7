"""The one table of the bench: what was measured, its bound's measure, their ratio, and what is to be reached."""
import statistics
import time


class Row:
    """One line. ratio is None where the goal is an absolute figure; met is None when nothing was asked for."""

    def __init__(self, what, measured, bound, ratio, reach, met):
        self.what, self.measured, self.bound, self.ratio, self.reach, self.met = what, measured, bound, ratio, reach, met


class Table:
    def __init__(self):
        self.rows = []
        self.notes = []

    def ratio(self, what, measured, bound, ratio, reach, met):
        """A row; met says whether `reach` (text) is reached. Printed at once, so that a run that is stopped has told something."""
        row = Row(what, measured, bound, ratio, reach, met)
        self.rows.append(row)
        print("# " + " | ".join(self.cells(row)), flush=True)

    def absent(self, what, why, reach=""):
        """What could not be measured here is said in the table as well."""
        self.ratio(what, why, "", None, reach, None)

    def note(self, text):
        self.notes.append(text)
        print("# " + text, flush=True)

    @staticmethod
    def cells(row):
        verdict = {True: "ok", False: "**short**", None: "not measured" if row.reach else "-"}[row.met]
        return [row.what, row.measured, row.bound, "" if row.ratio is None else f"{row.ratio:.2f}", row.reach, verdict]

    def markdown(self):
        head = ["what", "measured", "its bound", "ratio", "to reach", ""]
        lines = [head] + [self.cells(row) for row in self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
        text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(text + [""] + [f"- {note}" for note in self.notes]) + "\n"

    @property
    def short(self):
        return [row for row in self.rows if row.met is False]


def median(values):
    return statistics.median(values)


def percentile(values, share):
    """The value below which `share` (0..1) of the values are; nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milliseconds(values):
    return f"p50 {percentile(values, 0.5) * 1000:.1f} ms, p99 {percentile(values, 0.99) * 1000:.1f} ms"


class Stopwatch:
    def __enter__(self):
        self.began = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.began
