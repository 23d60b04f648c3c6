using System.Net;
using System.Net.Sockets;
using Zocalo.Addresses;
using Zocalo.Engines.Loops.Sockets;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Loops;

/// <summary>An engine that owns its threads: every connection lives on a loop. Which one, and how many there are, is what the engines
/// differ in.</summary>
internal abstract class LoopEngine : Engine
{
    private readonly Lock _lock = new();
    private volatile Loop? _first;

    private protected LoopEngine(string name, SocketCalls calls) : base(name)
    {
        Calls = calls;
        Time = new LoopTime(this);
    }

    internal SocketCalls Calls { get; }

    /// <summary>Where listeners live, and library code that belongs to no connection.</summary>
    /// <exception cref="SocketException">There is no descriptor, or no thread, for it. The next use tries again.</exception>
    internal Loop FirstLoop => _first ?? MakeLoops();

    /// <summary>The loop that the calling thread owns, if it is one of this engine's.</summary>
    internal Loop? CurrentLoop =>
        LoopOwnership.Current?.Loop is { } loop && ReferenceEquals(loop.Engine, this) && loop.IsOwner ? loop : null;

    /// <summary>Has a loop taken over that a handler blocks; null: this engine has no rescue.</summary>
    internal Watchdog? Watchdog { get; private protected set; }

    internal override TimeProvider Time { get; }

    internal override TimeProvider OutsideTime => TimeProvider.System;

    /// <summary>By which loops share their time among connections.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    internal override EngineScheduler Scheduler =>
        (CurrentLoop as SharedLoop ?? TryBegin())?.Scheduler ?? (EngineScheduler)PoolScheduler.Shared;

    /// <returns>The first loop; null when the engine cannot start now, for which <see cref="FirstLoop"/> throws the reason.</returns>
    internal Loop? TryBegin()
    {
        try
        {
            return FirstLoop;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    internal override ListenerSocket AdoptListener(ListeningSocket listening)
    {
        int socket;
        try
        {
            socket = Adopt(listening.Socket, FirstLoop);
        }
        catch
        {
            listening.Close();
            throw;
        }
        return new LoopListener(FirstLoop, socket, listening);  // accepted sockets inherit the options from it
    }

    internal override StreamSocket Adopt(Socket socket, SocketSettings settings)
    {
        var loop = Reserve(out var onPool);
        Address local;
        SocketName peer;
        int descriptor;
        try
        {
            SocketSetup.Configure(socket, settings);
            (local, peer) = (EndPoints.ToAddress(socket.LocalEndPoint), new SocketName(socket.RemoteEndPoint));
            descriptor = Adopt(socket, loop);
        }
        catch
        {
            socket.Dispose();
            loop.Release();
            throw;
        }
        return new LoopSocket(loop, descriptor, peer, local, onPool);
    }

    internal override async Task<ConnectResult> ConnectAsync(
        EndPoint endPoint, SocketSettings settings, CancellationToken cancellationToken)
    {
        var loop = Reserve(out var onPool);
        int socket;
        try
        {
            socket = Adopt(SocketSetup.ForConnecting(endPoint, settings), loop);
        }
        catch
        {
            loop.Release();
            throw;
        }
        var error = await new LoopConnect(loop, socket).RunAsync(endPoint, cancellationToken);
        if (error != SocketError.Success)
        {
            return new(null, error);
        }
        var local = EndPoints.ToAddress(Calls.LocalName(socket).ToEndPoint());
        return new(new LoopSocket(loop, socket, new SocketName(endPoint), local, onPool), SocketError.Success);
    }

    internal override TTask RunOutside<TTask>(Func<TTask> work) => ((SynchronizationContext?)null).Run(work);

    /// <summary>Chooses the loop of the next connection: it runs, and counts the connection already.</summary>
    /// <exception cref="SocketException">There is no descriptor, or no thread, left for it.</exception>
    internal abstract Loop Reserve();

    /// <summary>Makes the loops that the engine has from the beginning, all of them or none, and starts them.</summary>
    /// <returns>The first one.</returns>
    private protected abstract Loop MakeFirstLoop();

    /// <summary>Takes the socket over, or disposes of it.</summary>
    /// <exception cref="EngineLimitException">The loop cannot register it.</exception>
    private protected int Adopt(Socket socket, Loop loop)
    {
        if (!loop.CanRegister((int)socket.SafeHandle.DangerousGetHandle()))
        {
            socket.Dispose();
            throw EngineLimitException.OfSelect();
        }
        return Calls.Adopt(socket);
    }

    /// <summary>A connection that code on a shared loop makes lives on that loop. The code of one that is made elsewhere runs on the thread
    /// pool: it does not know that it must not block the loop.</summary>
    private Loop Reserve(out bool onPool)
    {
        if (CurrentLoop is SharedLoop here)
        {
            here.Retain();
            onPool = false;
            return here;
        }
        onPool = true;
        return Reserve();
    }

    private Loop MakeLoops()
    {
        lock (_lock)
        {
            return _first ??= MakeFirstLoop();
        }
    }
}
