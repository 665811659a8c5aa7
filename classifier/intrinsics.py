"""What kernels ask of the processor that numba has no words for."""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, overload

_NUMBER, _BYTES = ir.IntType(32), ir.IntType(8).as_pointer()
_PREFETCH = ir.FunctionType(ir.VoidType(), [_BYTES, _NUMBER, _NUMBER, _NUMBER])
_READ, _ALL_LEVELS, _DATA = _NUMBER(0), _NUMBER(3), _NUMBER(1)


@intrinsic
def prefetch(_context, array, place):
    """Ask for the memory of array[place] ahead of its use; it changes nothing but time.

    Source: llvm.prefetch, https://llvm.org/docs/LangRef.html.
    """

    def generate(context, builder, signature, arguments):
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(view.data, [arguments[1]]), _BYTES)
        name = "llvm.prefetch.p0"
        known = builder.module.globals.get(name) or ir.Function(builder.module, _PREFETCH, name)
        builder.call(known, [address, _READ, _ALL_LEVELS, _DATA])
        return context.get_dummy_value()

    return types.void(array, place), generate


@intrinsic
def _of_half(_context, bits):
    """Return the float32 that equals the float16 of these bits (uint16), a finite one.

    By arithmetic, which is exact: not every processor knows float16, and there LLVM asks for a
    library that is not there. The bits in their places are the number times 2^-112.
    """

    def generate(_context, builder, _signature, arguments):
        bits = builder.zext(arguments[0], _NUMBER)
        size = builder.shl(builder.and_(bits, _NUMBER(0x7FFF)), _NUMBER(13))
        value = builder.fmul(builder.bitcast(size, ir.FloatType()), ir.FloatType()(2.0**112))
        sign = builder.shl(builder.and_(bits, _NUMBER(0x8000)), _NUMBER(16))
        return builder.bitcast(builder.or_(builder.bitcast(value, _NUMBER), sign), ir.FloatType())

    return types.float32(types.uint16), generate


def weight_at(table, place):
    """Return a weight of a table, which is of floats or, as uint16, of the bits of float16.

    numba reads no float16 itself; a table of them needs half the memory, which is what time goes
    to where places are random.
    """
    raise NotImplementedError("for kernels")


@overload(weight_at, inline="always", jit_options={"_nrt": False})
def _weight_at(table, place):
    if table.dtype == types.uint16:
        return lambda table, place: _of_half(table[place])
    return lambda table, place: table[place]
