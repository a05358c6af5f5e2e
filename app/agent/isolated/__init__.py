"""Agents in processes of their own.

`agent` is the panel's end, `child` and `inside` are the process's. Between them go lines of JSON (`wire`): orders on
the child's standard input, facts and answers on a pipe of its own.
"""
