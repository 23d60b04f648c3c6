using System.Runtime.CompilerServices;

namespace Zocalo;

/// <summary>The complete frames of a <see cref="FrameReader"/>, for <c>foreach</c>. A frame is borrowed: it is valid until the next
/// iteration.</summary>
public ref struct FrameEnumerator
{
    private readonly FrameReader _reader;
    private readonly FrameDecoder _decoder;
    private byte[]? _piece;
    private int _at;
    private int _end;
    private int _start;             // of the current frame, in the piece
    private int _length;
    private bool _isElsewhere;      // the current frame is _frame instead
    private Frame _frame;

    internal FrameEnumerator(FrameReader reader, FrameDecoder decoder)
    {
        _reader = reader;
        _decoder = decoder;
        var rest = reader.Here(out _piece, out _at);
        _end = _at + rest.Length;
    }

    /// <summary>The current frame.</summary>
    public readonly Frame Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _isElsewhere ? _frame : new Frame(_piece, _start, _length);
    }

    /// <summary>Finds the next frame.</summary>
    /// <exception cref="FrameException">The bytes are against the format.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MoveNext()
    {
        var bytes = new ReadOnlySpan<byte>(_piece, _at, _end - _at);
        var step = bytes.IsEmpty ? default : _decoder.Decode(bytes);
        if (step.IsFrameWithin(bytes.Length))
        {
            _start = _at + _decoder.HeaderLength;
            _length = step.Length - _decoder.HeaderLength - _decoder.TrailerLength;
            _at += step.Length;
            _reader.MoveTo(_at);
            _isElsewhere = false;
            return true;
        }
        var found = _reader.ReadOn(step, bytes.Length, out var frame);
        var rest = _reader.Here(out var piece, out var at);
        _frame = frame;
        _piece = piece;
        _at = at;
        _end = at + rest.Length;
        _isElsewhere = true;
        return found;
    }
}
