using System.Net.Sockets;
using System.Numerics;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Polling;

/// <summary>select(2), the oldest way and the one of every textbook: two sets of descriptors are copied into the kernel and back at each
/// wait. It has room for descriptors below 1,024 only, and refuses others.</summary>
internal sealed class SelectPoller : IPoller
{
    private readonly EventDescriptor _wake = new();
    private readonly int[] _ready = new int[DescriptorSet.Size];    // the descriptors that the last wait found
    private DescriptorSet _readers;
    private DescriptorSet _writers;
    private DescriptorSet _readable;
    private DescriptorSet _writable;
    private int _end;       // one more than the highest descriptor ever registered

    /// <exception cref="SocketException">No descriptor is left, or none below the limit.</exception>
    internal SelectPoller()
    {
        if (_wake.Descriptor >= DescriptorSet.Size)
        {
            _wake.Close();
            throw EngineLimitException.OfSelect();
        }
        Add(_wake.Descriptor, Readiness.Readable);
    }

    public int DescriptorLimit => DescriptorSet.Size;

    public SocketError Register(int descriptor, Readiness interest)
    {
        if (descriptor >= DescriptorSet.Size)
        {
            return SocketError.TooManyOpenSockets;      // in C this would write beyond the set, into whatever lies there
        }
        Add(descriptor, interest);
        return SocketError.Success;
    }

    public void Modify(int descriptor, Readiness interest) => Add(descriptor, interest);

    public void Deregister(int descriptor)
    {
        _readers.Remove(descriptor);
        _writers.Remove(descriptor);
    }

    public int Wait(int milliseconds)
    {
        (_readable, _writable) = (_readers, _writers);
        DescriptorSet nothing = default;
        return SelectCalls.Wait(_end, ref _readable, ref _writable, ref nothing, milliseconds < 0 ? -1 : milliseconds * 1000L) > 0
            ? List()
            : 0;
    }

    public ReadinessEvent Event(int index)
    {
        var descriptor = _ready[index];
        var readiness = (_readable.Contains(descriptor) ? Readiness.Readable : Readiness.None)
            | (_writable.Contains(descriptor) ? Readiness.Writable : Readiness.None);
        if (descriptor == _wake.Descriptor)
        {
            _wake.Clear();
            return new(descriptor, readiness);
        }
        // Once: its handler modifies the registration to wait again. Otherwise a connection that is not read would end every wait at once.
        if ((readiness & Readiness.Readable) != 0)
        {
            _readers.Remove(descriptor);
        }
        if ((readiness & Readiness.Writable) != 0)
        {
            _writers.Remove(descriptor);
        }
        return new(descriptor, readiness);
    }

    public void Wake() => _wake.Signal();

    public void Close() => _wake.Close();

    private void Add(int descriptor, Readiness interest)
    {
        if ((interest & Readiness.Readable) != 0)
        {
            _readers.Add(descriptor);
        }
        if ((interest & Readiness.Writable) != 0)
        {
            _writers.Add(descriptor);
        }
        _end = Math.Max(_end, descriptor + 1);
    }

    private int List()
    {
        var count = 0;
        for (var word = 0; word <= (_end - 1) >> 6; word++)
        {
            for (var bits = _readable.Word(word) | _writable.Word(word); bits != 0; bits &= bits - 1)
            {
                _ready[count++] = (word << 6) + BitOperations.TrailingZeroCount(bits);
            }
        }
        return count;
    }
}
