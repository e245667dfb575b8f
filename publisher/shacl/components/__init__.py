"""The constraint components of SHACL Core (section 4), a module for each family.

Each compiles one parameter of a shape to patterns: groups of SPARQL that, behind what binds the
focus node, have a solution wherever the constraint is violated. A pattern may also have solutions
where nothing is wrong, since pySHACL looks at what is flagged; it must never lack one.
"""
