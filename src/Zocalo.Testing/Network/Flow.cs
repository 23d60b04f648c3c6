using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Network;

/// <summary>
/// One direction of a stream: the bytes that the sending program has sent and the receiving program has not received yet, and a FIN or an
/// RST after them. TCP as a program sees it (RFC 9293): in order, never more in flight than the receiver's window, sent again after a loss,
/// given up when no acknowledgement comes.
/// </summary>
/// <remarks>
/// All bytes are in one queue: first those that have arrived, then those in flight, then those that the sender's system still keeps.
/// Everything runs under the world's lock.
/// </remarks>
internal sealed class Flow
{
    private enum Kind
    {
        Data,
        Fin,
        Rst,
    }

    /// <summary>Bytes that the sender's system keeps until they are acknowledged.</summary>
    internal const int SendCapacity = 64 * 1024;

    // On a slow link a segment has what fits into an Ethernet frame, or what the link carries in a twentieth of a second, if that is more.
    private const int SegmentSize = 1460;
    private const int SegmentsASecond = 20;

    private readonly World _world;
    private readonly SimulatedLink _link;
    private readonly SimulatedLink _back;
    private readonly int _window;       // bytes that the receiver's system has room for
    private readonly ByteQueue _bytes = new();
    private readonly Queue<(Kind Kind, int Bytes, long Due)> _underWay = new();
    private readonly Wakeup _arrival;
    private readonly Wakeup _transmission;
    private readonly Acknowledgements _acknowledgements;
    private int _arrived;
    private int _inFlight;
    private int _kept;              // bytes that the sender's system has not sent yet
    private long _lastDue;
    private bool _finKept;
    private bool _isCut;
    private bool _isReset;

    internal Flow(World world, SimulatedLink link, SimulatedLink back, TimeSpan userTimeout, SeededRandom random)
    {
        _world = world;
        _window = world.Window;
        _link = link;
        _back = back;
        Random = random;
        Impairment = new Impairment(this);
        _arrival = new Wakeup(world, OnArrivals);
        _transmission = new Wakeup(world, OnTransmitDue);
        _acknowledgements = new Acknowledgements(this, back, userTimeout);
    }

    internal StreamEnd Sender { get; set; } = null!;

    internal StreamEnd Receiver { get; set; } = null!;

    internal SeededRandom Random { get; }

    /// <summary>The faults of this direction.</summary>
    internal Impairment Impairment { get; }

    internal World World => _world;

    internal long Now => _world.Now;

    /// <summary>Bytes that have arrived and are not received.</summary>
    internal int Unread => _arrived;

    /// <summary>The FIN has arrived.</summary>
    internal bool IsFinished { get; private set; }

    /// <summary>The sender has finished its output.</summary>
    internal bool IsFinishing { get; private set; }

    internal bool LostItsFin { get; private set; }

    /// <summary>Bytes that were sent and not acknowledged.</summary>
    internal int Unacknowledged => _acknowledgements.Outstanding;

    internal bool HasRoom => Unacknowledged < SendCapacity;

    /// <summary>Whether the receiver may read now; a slow receiver must wait although bytes are there.</summary>
    internal bool IsReadable => _arrived > 0 && Impairment.MayRead;

    /// <summary>Nothing gets through.</summary>
    internal bool IsBlocked => _isCut || _link.IsDown;

    /// <summary>Takes as many bytes as the send buffer has space for.</summary>
    internal int Write(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, SendCapacity - Unacknowledged);
        if (count <= 0)
        {
            return 0;
        }
        _bytes.Write(bytes[..count]);
        _kept += count;
        _acknowledgements.OnWritten(count);
        Transmit();
        _acknowledgements.WatchProgress();
        return count;
    }

    internal int Read(Span<byte> into)
    {
        var count = Math.Min(Math.Min(into.Length, _arrived), Impairment.MostToRead(_arrived));
        _bytes.Read(into[..count]);
        _arrived -= count;
        Impairment.OnRead(count);
        if (_kept > 0 || _finKept)
        {
            SendWindowUpdate();
        }
        return count;
    }

    internal void Finish()
    {
        if (!IsFinishing)
        {
            IsFinishing = _finKept = true;
            Transmit();
        }
    }

    /// <summary>Drops the bytes that are kept, and sends an RST after those in flight.</summary>
    internal void Reset()
    {
        DropKept();
        if (!IsBlocked && !_isReset)
        {
            _isReset = true;
            Launch(Kind.Rst, 0);
        }
    }

    /// <summary>Drops the bytes that the sender's system keeps: its end is gone.</summary>
    internal void DropKept()
    {
        _bytes.DropLast(_kept);
        _acknowledgements.OnDropped(_kept);
        _kept = 0;
        _finKept = false;
    }

    /// <summary>Drops the bytes that have arrived: no program will receive them.</summary>
    internal void Discard()
    {
        _bytes.Skip(_arrived);
        _arrived = 0;
    }

    /// <summary>From now on nothing passes, and neither program is notified.</summary>
    internal void Cut()
    {
        _isCut = true;
        DropInFlight();
    }

    /// <summary>A link of the connection, in this direction or the other, went down or came up.</summary>
    internal void OnLinkChanged()
    {
        if (_link.IsDown)
        {
            DropInFlight();
        }
        else if (!_back.IsDown)
        {
            _acknowledgements.OnLinkUp(SimulatedLink.RetransmissionTimeout.Ticks);
            ScheduleTransmit(SimulatedLink.RetransmissionTimeout.Ticks);
        }
    }

    internal void ScheduleTransmit(long ticks) => _transmission.At(Now + ticks);

    /// <summary>Sends everything that may be sent now.</summary>
    internal void Transmit()
    {
        while (!IsBlocked && (_kept > 0 || _finKept))
        {
            if (Impairment.Holds(_kept) is { } until)
            {
                if (until != Impairment.Indefinitely)
                {
                    _transmission.At(until);
                }
                return;
            }
            if (_kept == 0)
            {
                LaunchFin();
                return;
            }
            var size = Math.Min(_kept, _window - _inFlight - _arrived);
            if (size <= 0)
            {
                return;     // the receiver's window update continues
            }
            LaunchData(size);
        }
    }

    private void SendWindowUpdate()
    {
        if (_back.Options.IsInstant)
        {
            Transmit();
        }
        else
        {
            ScheduleTransmit(_back.Travel(0, Now, Random));
        }
    }

    private void LaunchData(int most)
    {
        if (_link.Options.BytesPerSecond > 0)
        {
            most = (int)Math.Min(most, Math.Max(SegmentSize, _link.Options.BytesPerSecond / SegmentsASecond));
        }
        var size = Impairment.Cut(most, _bytes, _arrived + _inFlight);
        _kept -= size;
        _inFlight += size;
        Launch(Kind.Data, size);
    }

    private void LaunchFin()
    {
        _finKept = false;
        if (Impairment.LosesFin)
        {
            LostItsFin = true;
            _world.Trace.Add(TraceKind.Fault, Sender.Connection, Sender.IsClient, 0, "the FIN is lost");
            Receiver.WatchPeer();
            return;
        }
        Launch(Kind.Fin, 0);
    }

    private void Launch(Kind kind, int bytes)
    {
        var now = Now;
        var delay = (_link.Options.IsInstant ? 0 : _link.Travel(bytes, now, Random)) + Impairment.Delay();
        if (delay == 0 && _underWay.Count == 0)
        {
            Arrive(kind, bytes);
            return;
        }
        _lastDue = Math.Max(_lastDue, now + delay);
        _underWay.Enqueue((kind, bytes, _lastDue));
        _arrival.At(_underWay.Peek().Due);
    }

    private void OnArrivals()
    {
        while (_underWay.TryPeek(out var next) && next.Due <= Now)
        {
            _underWay.Dequeue();
            Arrive(next.Kind, next.Bytes);
        }
        if (_underWay.TryPeek(out var later))
        {
            _arrival.At(later.Due);
        }
        else
        {
            Transmit();
        }
    }

    private void Arrive(Kind kind, int bytes)
    {
        Receiver.NoteLiveness();
        if (!Receiver.IsOpen)
        {
            if (kind == Kind.Data)
            {
                _inFlight -= bytes;
                _bytes.Remove(_arrived, bytes);     // bytes before them may still be read
                Receiver.AnswerWithReset();
            }
            return;
        }
        switch (kind)
        {
            case Kind.Data:
                _inFlight -= bytes;
                _arrived += bytes;
                _acknowledgements.OnArrived(bytes);
                Impairment.OnArrived(bytes);
                _world.Trace.Add(TraceKind.Arrived, Receiver.Connection, Receiver.IsClient, bytes);
                break;
            case Kind.Fin:
                IsFinished = true;
                _world.Trace.Add(TraceKind.FinArrived, Receiver.Connection, Receiver.IsClient, 0);
                break;
            default:
                _world.Trace.Add(TraceKind.ResetArrived, Receiver.Connection, Receiver.IsClient, 0);
                Receiver.OnReset();
                break;
        }
        Receiver.Changed();
    }

    private void OnTransmitDue()
    {
        _acknowledgements.OnTime();
        Impairment.OnTime();
        Transmit();
        if (IsReadable)
        {
            Receiver.Changed();
        }
    }

    /// <summary>Everything in flight is lost. Bytes and a FIN are kept again, to be sent later; an RST is not.</summary>
    private void DropInFlight()
    {
        _finKept |= _underWay.Any(parcel => parcel.Kind == Kind.Fin);
        _isReset &= _underWay.All(parcel => parcel.Kind != Kind.Rst);
        Impairment.OnLost(_inFlight);
        _underWay.Clear();
        _lastDue = 0;
        _kept += _inFlight;
        _inFlight = 0;
    }
}
