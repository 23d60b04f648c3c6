using Microsoft.Win32.SafeHandles;
using Zocalo.Engines.System;

namespace Zocalo.Selecting;

/// <summary>
/// epoll(7), level-triggered: the kernel keeps the list, and drops what is closed by itself. Files, which epoll refuses because they are
/// always ready, are kept here and told as ready, as select and poll do.
/// </summary>
internal sealed class EpollBacking : Backing
{
    private const int NotPermitted = 1;     // EPERM of epoll_ctl(2): "does not support epoll", which is so for files and directories
    private const int NoEntry = 2;          // ENOENT: the kernel has dropped it

    private const uint Reading = EpollCalls.In | EpollCalls.HangUp | EpollCalls.Error;
    private const uint Writing = EpollCalls.Out | EpollCalls.Error;
    private const uint Exceptional = EpollCalls.Urgent | EpollCalls.Error;

    private readonly Dictionary<ulong, Watch> _watches = [];
    private readonly List<Watch> _files = [];
    private SafeFileHandle _epoll = Create();
    private ulong _lastKey;
    private byte[] _events = [];

    internal override SelectorKind Kind => SelectorKind.Epoll;

    internal override bool NeedsNumbers => false;

    internal override void Add(Watch watch)
    {
        watch.Key = ++_lastKey;
        var answer = Control(EpollCalls.Add, watch);
        switch (answer)
        {
            case 0:
                _watches.Add(watch.Key, watch);
                break;
            case -NotPermitted:
                _files.Add(watch);
                break;
            case -Errno.BadDescriptor:
                throw watch.NotOpen();
            default:
                throw Failed(answer);
        }
    }

    internal override void Change(Watch watch)
    {
        // What is no longer there was closed, and its number may be another's by now: nothing is left to be changed.
        if (_watches.ContainsKey(watch.Key)
            && Control(EpollCalls.Modify, watch) is var answer and < 0 and not (-NoEntry or -Errno.BadDescriptor or -NotPermitted))
        {
            throw Failed(answer);
        }
    }

    internal override void Remove(Watch watch)
    {
        if (_watches.Remove(watch.Key))
        {
            _ = Control(EpollCalls.Delete, watch);      // of what is closed already the kernel knows nothing any more
        }
        else
        {
            _files.Remove(watch);
        }
    }

    internal override void Wait(IReadOnlyCollection<Watch> watches, TimeLimit limit, List<Watch> ready)
    {
        foreach (var file in _files)
        {
            if (!file.Thing.IsClosed && file.Asks(WatchFor.Reading | WatchFor.Writing))
            {
                Tell(file, WatchFor.Reading | WatchFor.Writing, ready);
            }
        }
        // Room for all of them: what did not fit would be told late, and the same ones first again.
        var room = Math.Max(1, _watches.Count) * EpollCalls.SizeOfEvent;
        if (_events.Length < room)
        {
            _events = new byte[Math.Max(room, _events.Length * 2)];
        }
        var answer = EpollCalls.Wait(Number(_epoll), _events, ready.Count > 0 ? 0 : limit.Milliseconds);
        if (answer is < 0 and not -Errno.Interrupted)
        {
            throw Failed(answer);
        }
        var strangers = false;
        for (var i = 0; i < answer; i++)
        {
            var (events, key) = EpollCalls.Read(_events, i);
            if (_watches.TryGetValue(key, out var watch) && !watch.Thing.IsClosed)
            {
                Tell(watch, Meaning(events), ready);
            }
            else
            {
                strangers = true;
            }
        }
        if (strangers)
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
    /// Something that was closed here lives on under another descriptor, so that the kernel still tells of it, and can no longer be told to
    /// stop (epoll(7), "Will closing a file descriptor cause it to be removed"). Only a new list is without it.
    /// </summary>
    private void BeginAnew()
    {
        _epoll.Dispose();
        _epoll = Create();
        foreach (var watch in _watches.Values.ToList())
        {
            if (watch.Thing.IsClosed || Control(EpollCalls.Add, watch) < 0)
            {
                _watches.Remove(watch.Key);
            }
        }
    }

    // Edge-triggered, a muted one is told of once more, and then only when something new happens to it.
    private int Control(int operation, Watch watch) =>
        EpollCalls.Control(
            Number(_epoll), operation, watch.Descriptor, Events(watch) | (watch.IsMuted ? EpollCalls.EdgeTriggered : 0), watch.Key);

    private static SafeFileHandle Create()
    {
        var answer = EpollCalls.Create();
        return answer >= 0 ? new SafeFileHandle(answer, ownsHandle: true) : throw Failed(answer);
    }

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    private static uint Events(Watch watch) =>
        (watch.Asks(WatchFor.Reading) ? EpollCalls.In : 0) |
        (watch.Asks(WatchFor.Writing) ? EpollCalls.Out : 0) |
        (watch.Asks(WatchFor.Exceptional) ? EpollCalls.Urgent : 0);

    private static WatchFor Meaning(uint told) =>
        ((told & Reading) != 0 ? WatchFor.Reading : 0) |
        ((told & Writing) != 0 ? WatchFor.Writing : 0) |
        ((told & Exceptional) != 0 ? WatchFor.Exceptional : 0);
}
