"""What is minimised or maximised: the class that researchers subclass, two ready problems, and graphs."""

from qopt.problems.graphs import NAMED_GRAPHS, Graph, graph_from_edges, named_graph, random_regular, read_graph
from qopt.problems.maxcut import MaxCut
from qopt.problems.operator import Operator
from qopt.problems.problem import Problem, Property
from qopt.problems.reference import reference_of

__all__ = [
    "NAMED_GRAPHS",
    "Graph",
    "MaxCut",
    "Operator",
    "Problem",
    "Property",
    "graph_from_edges",
    "named_graph",
    "random_regular",
    "read_graph",
    "reference_of",
]
