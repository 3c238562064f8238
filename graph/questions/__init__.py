"""Named questions: each with one header, parameters, columns, and the query in SPARQL and in Cypher."""

from graph.questions.answer import Asked, answer, ask, newest_month, prepared
from graph.questions.read import Column, Parameter, Question, question, questions, read

__all__ = [
    "Asked",
    "Column",
    "Parameter",
    "Question",
    "answer",
    "ask",
    "newest_month",
    "prepared",
    "question",
    "questions",
    "read",
]
