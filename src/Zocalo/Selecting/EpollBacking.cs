using Microsoft.Win32.SafeHandles;
using Zocalo.Engines.System;

namespace Zocalo.Selecting;

/// <summary>
/// epoll(7), level-triggered: the kernel keeps the list, and drops what is closed by itself. Files, which epoll refuses because they are
/// always ready, are kept here and reported as ready, as select and poll do.
/// </summary>
internal sealed class EpollBacking : Backing
{
    private const int NotPermitted = 1;     // EPERM of epoll_ctl(2): "does not support epoll", which is so for files and directories
    private const int NoEntry = 2;          // ENOENT: the kernel has dropped it

    private readonly Dictionary<ulong, Registration> _registrations = [];
    private readonly List<Registration> _files = [];
    private SafeFileHandle _epoll = Create();
    private ulong _lastKey;
    private byte[] _events = [];

    internal override SelectorKind Kind => SelectorKind.Epoll;

    internal override bool NeedsNumbers => false;

    internal override void Add(Registration registration)
    {
        registration.Key = ++_lastKey;
        var answer = Control(EpollCalls.Add, registration);
        switch (answer)
        {
            case 0:
                _registrations.Add(registration.Key, registration);
                break;
            case -NotPermitted:
                _files.Add(registration);
                break;
            case -Errno.BadDescriptor:
                throw registration.NotOpen();
            default:
                throw Failed(answer);
        }
    }

    internal override void Change(Registration registration)
    {
        // What is no longer there was closed, and its number may be another's by now: nothing is left to be changed.
        if (_registrations.ContainsKey(registration.Key)
            && Control(EpollCalls.Modify, registration) is var answer and < 0 and not (-NoEntry or -Errno.BadDescriptor or -NotPermitted))
        {
            throw Failed(answer);
        }
    }

    internal override void Remove(Registration registration)
    {
        if (_registrations.Remove(registration.Key))
        {
            _ = Control(EpollCalls.Delete, registration);      // of what is closed already the kernel knows nothing any more
        }
        else
        {
            _files.Remove(registration);
        }
    }

    internal override void Wait(IReadOnlyCollection<Registration> registrations, TimeLimit limit, List<Registration> ready)
    {
        foreach (var file in _files)
        {
            if (!file.Thing.IsClosed && file.WaitsFor(WatchFor.Reading | WatchFor.Writing))
            {
                Report(file, WatchFor.Reading | WatchFor.Writing, ready);
            }
        }
        // Room for all of them: what did not fit would be reported late, and the same ones first again.
        var room = Math.Max(1, _registrations.Count) * EpollCalls.SizeOfEvent;
        if (_events.Length < room)
        {
            _events = new byte[Math.Max(room, _events.Length * 2)];
        }
        var answer = EpollCalls.Wait(Number(_epoll), _events, ready.Count > 0 ? 0 : limit.Milliseconds);
        if (answer is < 0 and not -Errno.Interrupted)
        {
            throw Failed(answer);
        }
        var hasUnknown = false;
        for (var i = 0; i < answer; i++)
        {
            var (events, key) = EpollCalls.Read(_events, i);
            if (_registrations.TryGetValue(key, out var registration) && !registration.Thing.IsClosed)
            {
                Report(registration, PollBacking.ToWatchFor((short)events), ready);      // epoll's bits are poll's
            }
            else
            {
                hasUnknown = true;
            }
        }
        if (hasUnknown)
        {
            BeginAnew();
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _epoll.Dispose();
    }

    /// <summary>
    /// Something that was closed here lives on under another descriptor, so that the kernel still reports it, and the number to remove it
    /// by is gone (epoll(7), "Will closing a file descriptor cause it to be removed"). Only a new list is without it.
    /// </summary>
    private void BeginAnew()
    {
        _epoll.Dispose();
        _epoll = Create();
        foreach (var registration in _registrations.Values.ToList())
        {
            if (registration.Thing.IsClosed || Control(EpollCalls.Add, registration) < 0)
            {
                _registrations.Remove(registration.Key);
            }
        }
    }

    // Edge-triggered, a muted one is reported once more, and then only when something new happens to it.
    private int Control(int operation, Registration registration)
    {
        var events = (ushort)PollBacking.ToEvents(registration.Interest) | (registration.IsMuted ? EpollCalls.EdgeTriggered : 0);
        return EpollCalls.Control(Number(_epoll), operation, registration.Descriptor, events, registration.Key);
    }

    private static SafeFileHandle Create()
    {
        var answer = EpollCalls.Create();
        return answer >= 0 ? new SafeFileHandle(answer, ownsHandle: true) : throw Failed(answer);
    }

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();
}
