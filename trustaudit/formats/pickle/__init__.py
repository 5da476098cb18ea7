"""Pickle streams: an own decoder that follows CPython's unpicklers without ever importing or calling anything.

What it observes, besides the globals (``data`` in brackets):

``pickle-opcodes``  the opcodes of one stream [stream, protocols, opcodes, on_BUILD, on_SETITEM, … one per line]
``pickle-malformed``, ``pickle-malformed-after-global``  where CPython fails for certain [stream, why]
``pickle-bad-argument``  an argument only some reader understands [opcode]
``pickle-trailing-stream``, ``pickle-trailing-data``  what follows the first pickle [stream]
``pickle-frame-mismatch``  opcodes and frames disagree: versions of CPython go on differently [why]
``pickle-proto-inside``  PROTO in the middle of a stream [protocol]
``pickle-attribute-overwrite``  an imported object itself is changed [opcode, target, keys]
``pickle-foreign-mutation``  what a call returned is filled through its own methods [opcode, target]
``pickle-indirect-call``, ``pickle-unknown-call``  a callee without a name [callee, made_with, arguments]
``pickle-nested-opaque``  a loader is called with what is no readable pickle [callee]
``pickle-persistent-id``  an id that is no tensor storage [id]
``pickle-out-of-band``  a buffer that is not in the file [opcode]
``pickle-name-characters``  a name that no program would import [name]
``pickle-leftover-stack``  values left behind at STOP
``pickle-arguments-elided``  further calls that differ in their arguments only [module, name, count]
"""
