using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Zocalo;

/// <summary>
/// Reads frames from bytes of any source: a connection, a file, a test. Give it the bytes (<see cref="Begin"/>), take frames until there is
/// none (<see cref="TryRead"/>), drop the bytes that it has <see cref="Consumed"/>, and begin again with the rest and more bytes after it.
/// It belongs to one stream; not thread-safe.
/// </summary>
/// <remarks>Memory that does not belong to an array is copied, segment by segment.</remarks>
/// <example>
/// <code>
/// var frames = new FrameReader(Frames.Lines());
/// while (true)
/// {
///     var result = await source.ReadAsync();
///     frames.Begin(result.Buffer);
///     foreach (var frame in frames) { Use(frame); }
///     if (result.IsCompleted)
///     {
///         while (frames.TryEnd(out var last)) { Use(last); }
///         break;
///     }
///     source.AdvanceTo(frames.Consumed, result.Buffer.End);
/// }
/// </code>
/// </example>
public sealed class FrameReader
{
    // What FindHere returns instead of a position.
    private const int NotHere = -1;
    private const int SealedHere = -2;

    private readonly FrameFormat _format;
    private readonly FrameDecoder _decoder;

    // The buffer, and the piece of it in which the current frame begins.
    private ReadOnlySequence<byte> _buffer;
    private SequencePosition _pieceAt;
    private SequencePosition _nextPiece;
    private byte[]? _piece;                 // bytes _pieceStart to _pieceEnd of it
    private int _pieceStart;
    private int _pieceEnd;
    private int _at;                        // the current frame's first byte in _piece
    private long _pieceOffset;              // of the piece in the whole stream

    // The current frame, while it is not whole.
    private int _seen;                      // bytes of it that the decoder has seen
    private SequencePosition _seenTo;       // where they end
    private FrameStep _found;               // once its length is known
    private bool _hasEnded;                 // the decoder knows that the stream has ended
    private bool _hasRead;                  // ReadFurther has found a frame
    private FrameException? _failure;

    /// <summary>A reader at the beginning of a stream.</summary>
    public FrameReader(FrameFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        _format = format;
        _decoder = format.CreateDecoder();
    }

    /// <summary>The position in the buffer of the first byte that is still needed: all bytes before it belong to frames that were
    /// read.</summary>
    public SequencePosition Consumed => new(_pieceAt.GetObject(), _pieceAt.GetInteger() + _at - _pieceStart);

    /// <summary>The same, in bytes from the beginning of the stream.</summary>
    public long Offset => _pieceOffset + _at - _pieceStart;

    /// <summary>Bytes of the buffer that are not consumed: the beginning of a frame, after <see cref="TryRead"/> has returned
    /// false.</summary>
    public long Leftover => _buffer.Slice(Consumed).Length;

    /// <summary>Bytes so far that belonged to no frame and were skipped by a format with <see cref="FrameFormat.WithResync"/>.</summary>
    public long SkippedBytes { get; private set; }

    internal bool IsAtEnd => _at == _pieceEnd && _nextPiece.GetObject() is null;

    private bool IsFound => _found.Length > 0;

    /// <summary>Sets the bytes to read: the rest of the last buffer, and more bytes after it. Frames of the last buffer are no longer
    /// valid.</summary>
    /// <param name="buffer">Begins at the byte where <see cref="Consumed"/> was.</param>
    public void Begin(in ReadOnlySequence<byte> buffer)
    {
        _pieceOffset = Offset;
        _buffer = buffer;
        _pieceAt = _nextPiece = buffer.Start;
        buffer.TryGet(ref _nextPiece, out var piece);
        EnterPiece(piece);
    }

    /// <summary>Reads the next frame, if it is complete. The frame is borrowed: it is valid until the next call on this reader.</summary>
    /// <exception cref="FrameException">The bytes do not follow the format. Every further call throws the same exception.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]      // so that the frame is made in the caller's registers
    public bool TryRead(out Frame frame)
    {
        var at = FindHere();
        if (at >= 0)
        {
            var payload = at + _decoder.HeaderLength;
            frame = new Frame(_piece, payload, _at - _decoder.TrailerLength - payload);
            return true;
        }
        frame = at == SealedHere ? OpenHere() : ReadFurther();
        return _hasRead;
    }

    /// <summary>The complete frames, for <c>foreach</c>: the same as calling <see cref="TryRead"/> until it returns false, and faster,
    /// because the position stays in registers.</summary>
    /// <remarks>You may leave the loop at any frame: the next loop continues with the frame after it. Do not call <see cref="TryRead"/>
    /// inside the loop.</remarks>
    public FrameEnumerator GetEnumerator() => new(this, _decoder);

    /// <summary>Reads what is left after the end of the stream. Call it until it returns false.</summary>
    /// <returns>Whether there was another frame, such as the frame of <see cref="Frames.UntilClose"/>, which the end of the stream
    /// ends.</returns>
    /// <exception cref="FrameException">The stream has ended inside a frame: <see cref="EndReason.Truncated"/>.</exception>
    public bool TryEnd(out Frame last)
    {
        while (!TryRead(out last))
        {
            var leftover = Leftover;
            var step = _hasEnded && leftover == 0 ? FrameStep.Incomplete : _decoder.DecodeEnd((int)leftover);
            _hasEnded = true;
            if (step.Status == FrameStatus.Incomplete)
            {
                if (leftover == 0)
                {
                    return false;
                }
                _failure = new FrameError("the stream ended inside a frame; bytes of it that came", Value: leftover)
                    .ToException(_format.Name, Offset, EndReason.Truncated);
                throw _failure;
            }
            if (step.Length > leftover)
            {
                throw new InvalidOperationException(
                    $"The decoder of {_format} ended the stream with a frame of {step.Length} bytes, of which {leftover} came.");
            }
            if (step.Status == FrameStatus.Frame && leftover == 0)
            {
                return true;        // an empty message, ended by the end of the stream
            }
            Handle(step, 0);
        }
        return true;
    }

    /// <summary>For the enumerator: the rest of the current piece, if a frame begins there.</summary>
    internal ReadOnlySpan<byte> Here(out byte[]? piece, out int at)
    {
        piece = _piece;
        at = _at;
        return _seen == 0 ? new(_piece, _at, _pieceEnd - _at) : default;
    }

    /// <summary>For the enumerator, which has read up to there.</summary>
    internal void MoveTo(int at) => _at = at;

    /// <summary>For the enumerator, when the decoder's answer to the next <paramref name="count"/> bytes was not a frame within the current
    /// piece.</summary>
    internal bool ReadOn(FrameStep step, int count, out Frame frame)
    {
        if (step.Status == FrameStatus.Sealed && (uint)(step.Length - 1) < (uint)count)
        {
            _found = step;
            frame = OpenHere();
            return _hasRead;
        }
        if (count > 0)
        {
            _seenTo = new(_pieceAt.GetObject(), _pieceAt.GetInteger() + _pieceEnd - _pieceStart);
            Handle(step, count);
        }
        frame = ReadFurther();
        return _hasRead;
    }

    /// <summary>The usual case: the next frame lies whole in the current piece.</summary>
    /// <returns>The position where it begins in the piece; <see cref="SealedHere"/> if it must be opened; or
    /// <see cref="NotHere"/>.</returns>
    private int FindHere()
    {
        var at = _at;
        if (_seen == 0 && at < _pieceEnd)
        {
            var bytes = new ReadOnlySpan<byte>(_piece, at, _pieceEnd - at);
            var step = _decoder.Decode(bytes);
            if (step.IsFrameWithin(bytes.Length))
            {
                _at = at + step.Length;
                return at;
            }
            if (step.Status == FrameStatus.Sealed && (uint)(step.Length - 1) < (uint)bytes.Length)
            {
                _found = step;
                return SealedHere;
            }
            _seenTo = new(_pieceAt.GetObject(), _pieceAt.GetInteger() + _pieceEnd - _pieceStart);
            Handle(step, bytes.Length);
        }
        return NotHere;
    }

    private Frame OpenHere()
    {
        var length = _found.Length;
        var opened = _decoder.Open(new Frame(_piece, _at, length), out var frame);
        if (opened.Status != FrameStatus.Frame)
        {
            Handle(opened, 0);
            return ReadFurther();
        }
        _found = default;
        _at += length;
        _hasRead = true;
        return frame;
    }

    private Frame ReadFurther()
    {
        _hasRead = TryReadOn(out var frame);
        if (!_hasRead)
        {
            _decoder.ReleaseMemory();
        }
        return frame;
    }

    /// <summary>What does not show itself in one look at one piece: pieces further on, and what has to be opened.</summary>
    private bool TryReadOn(out Frame frame)
    {
        if (_failure is not null)
        {
            throw _failure;
        }
        while (true)
        {
            if (IsFound)
            {
                if (Leftover < _found.Length)
                {
                    frame = default;
                    return false;
                }
                if (TryTake(out frame))
                {
                    return true;
                }
            }
            var bytes = Unseen();
            if (bytes.IsEmpty)
            {
                frame = default;
                return false;
            }
            Handle(_decoder.Decode(bytes), bytes.Length);
        }
    }

    /// <summary>Handles the decoder's answer to the next <paramref name="count"/> bytes.</summary>
    private void Handle(FrameStep step, int count)
    {
        switch (step.Status)
        {
            case FrameStatus.Incomplete:
                _seen += count;
                break;
            case FrameStatus.Frame or FrameStatus.Sealed:
                CheckProgress(step);
                _seen += count;
                _found = step;
                break;
            case FrameStatus.Filler:
                Advance(step);
                break;
            case FrameStatus.Skip:
                Advance(step);
                SkippedBytes += step.Length;
                break;
            default:
                _seen = Math.Max(_seen, 1);     // the decoder is not called again
                _decoder.ReleaseMemory();
                throw _failure = (_decoder.Error ?? new FrameError("corrupt")).ToException(_format.Name, Offset);
        }
    }

    /// <summary>Takes the current frame, which is complete.</summary>
    /// <returns>False when the decoder has skipped it.</returns>
    private bool TryTake(out Frame frame)
    {
        var raw = _at + _found.Length <= _pieceEnd
            ? new Frame(_piece, _at, _found.Length)
            : new Frame(_buffer.Slice(Consumed, _found.Length));
        if (_found.Status == FrameStatus.Frame)
        {
            frame = raw.Slice(_decoder.HeaderLength, _found.Length - _decoder.HeaderLength - _decoder.TrailerLength);
            Advance(_found);
            return true;
        }
        var opened = _decoder.Open(raw, out frame);
        if (opened.Status == FrameStatus.Frame)
        {
            Advance(_found);
            return true;
        }
        Handle(opened, 0);
        return false;
    }

    /// <summary>Moves to the next frame.</summary>
    private void Advance(FrameStep step)
    {
        CheckProgress(step);
        _seen = 0;
        _found = default;
        _at += step.Length;
        while (_at > _pieceEnd)
        {
            if (!MoveToNextPiece())
            {
                throw new InvalidOperationException($"The decoder of {_format} left out more bytes than it was given.");
            }
        }
    }

    private void CheckProgress(FrameStep step)
    {
        if (step.Length <= 0)
        {
            throw new InvalidOperationException(
                $"The decoder of {_format} answered {step.Status} with a length of {step.Length}: it would never come to an end.");
        }
    }

    /// <summary>The next piece that the decoder has not seen.</summary>
    private ReadOnlySpan<byte> Unseen()
    {
        if (_seen == 0)
        {
            while (_at == _pieceEnd && MoveToNextPiece())
            {
            }
            _seenTo = new(_pieceAt.GetObject(), _pieceAt.GetInteger() + _pieceEnd - _pieceStart);
            return new ReadOnlySpan<byte>(_piece, _at, _pieceEnd - _at);
        }
        // More bytes in the segment that was the last one: the frame is not walked from its beginning, so a frame that arrives byte by byte
        // costs linear time.
        var end = _buffer.End;
        if (end.GetObject() is ReadOnlySequenceSegment<byte> tail
            && tail == _seenTo.GetObject()
            && Leftover - _seen == end.GetInteger() - _seenTo.GetInteger())
        {
            var more = tail.Memory.Span[_seenTo.GetInteger()..end.GetInteger()];
            _seenTo = end;
            return more;
        }
        var at = _buffer.GetPosition(_seen, Consumed);
        var from = at;
        while (_buffer.TryGet(ref at, out var piece))
        {
            if (!piece.IsEmpty)
            {
                _seenTo = new(from.GetObject(), from.GetInteger() + piece.Length);
                return piece.Span;
            }
            from = at;
        }
        return default;
    }

    private bool MoveToNextPiece()
    {
        var at = _nextPiece;
        if (!_buffer.TryGet(ref _nextPiece, out var piece))
        {
            return false;
        }
        var beyond = _at - _pieceEnd;
        _pieceOffset += _pieceEnd - _pieceStart;
        _pieceAt = at;
        EnterPiece(piece);
        _at += beyond;
        return true;
    }

    private void EnterPiece(ReadOnlyMemory<byte> piece)
    {
        var array = MemoryMarshal.TryGetArray(piece, out var found) ? found : new ArraySegment<byte>(piece.ToArray());
        _piece = array.Array;
        _pieceStart = _at = array.Offset;
        _pieceEnd = array.Offset + array.Count;
    }
}
