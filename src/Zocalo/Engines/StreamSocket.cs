using System.Buffers;
using System.Net.Sockets;
using Zocalo.Buffers;

namespace Zocalo.Engines;

/// <summary>
/// One established stream as an engine drives it: the lower half of a connection. Everything above is written once.
/// <para><b>What a stream socket owes</b> (the contract suite holds every engine to it):</para>
/// <list type="number">
/// <item><b>Completion.</b> <see cref="Receive"/> and <see cref="Send"/> either answer at once or answer
/// <see cref="IoResult.Pending"/> and later call the owner exactly once, also after <see cref="Abort"/>. At most one of each is
/// in flight; the owner sees to that.</item>
/// <item><b>Place.</b> The owner is called from the engine's own place (loop turn, pool callback, simulated step), never from
/// inside a call that any owner made, and with no lock of the engine held. Code of the user's runs through <see cref="Ready"/> only, from that
/// place, after the owner's call has returned.</item>
/// <item><b>Receive</b> fills the owner's <see cref="ReceiveBuffer"/>: reserve, fill, report the count; the owner commits. Whoever
/// learns readiness first waits without a reservation, so that an idle connection holds no memory. 0 bytes is the peer's FIN, and nothing
/// but it: not a reset of which a send was told first. Bytes that came before a FIN or an error are
/// reported before it: a short read does not prove that the kernel's queue is empty when the event that told of it carried a hang-up.</item>
/// <item><b>Send</b> hands over the whole sequence or fails; a partial write is the engine's own business. The memory stays
/// untouched until the answer.</item>
/// <item><b>FIN.</b> <see cref="FinishOutput"/> is called once, with no send in flight, and leaves receiving alone.</item>
/// <item><b>Abort</b> never blocks, comes from any thread, any number of times; the peer sees RST where the transport has one, and what is in flight ends with an error soon.</item>
/// <item><b>Close</b> is called once, with nothing in flight. Memory lent to the kernel is back before the owner hears of the end of an operation.</item>
/// <item><b>Threads.</b> Any call may come from any thread, one thread at a time for each direction. An engine that owns a loop hands foreign calls over to it: tables, readiness and
/// timers are touched by the loop's owner only. <see cref="TrySend"/> may decline (0 bytes) whenever that is simpler.</item>
/// </list>
/// </summary>
/// <remarks>
/// The shape was chosen for what comes: readiness loops wait, then reserve, then read; a blocking thread polls its one
/// descriptor in a private loop; a ring delivers kernel-chosen memory by linking it in place of a reservation; a worker process
/// adopts a descriptor into a stream socket; a simulator answers from virtual time. See docs/decisions/0003-the-engine-seam.md.
/// </remarks>
internal abstract class StreamSocket
{
    internal abstract Address LocalAddress { get; }

    internal abstract Address RemoteAddress { get; }

    /// <summary>Who is told. Set once, before any other call.</summary>
    internal IStreamOwner Owner { get; private set; } = null!;

    internal void Attach(IStreamOwner owner)
    {
        System.Diagnostics.Debug.Assert(Owner is null, "a stream socket has one owner");
        Owner = owner;
    }

    /// <summary>Receives what is there, at least one byte, or waits for it.</summary>
    internal abstract IoResult Receive(ReceiveBuffer into);

    /// <summary>True when bytes wait in the kernel: a drain lets them through before it ends the input.</summary>
    internal abstract bool HasBytesWaiting { get; }

    /// <summary>Bytes that the kernel took so far, those of a send in flight included: it shows the progress of a large send. Read from any thread.</summary>
    internal abstract long BytesTaken { get; }

    /// <summary>Bytes that the kernel took and the peer has not acknowledged; 0 where the platform does not tell. A slow but living peer is not cut while this falls.</summary>
    internal virtual int SendQueueLength => 0;

    /// <summary>
    /// The peer is gone altogether, so that a receive in flight has its answer soon: what came, then the end or the error. False where the
    /// platform does not tell.
    /// </summary>
    internal virtual bool HasHungUp => false;

    /// <summary>Sends all of it. <see cref="IoResult.Bytes"/> of the answer is not used.</summary>
    internal abstract IoResult Send(in ReadOnlySequence<byte> bytes);

    /// <summary>Sends what the kernel takes at once, from 0 bytes on; never pending. Called with no send in flight.</summary>
    internal abstract IoResult TrySend(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Whether the program's operations, which complete at once when they can, may have to let others go first: a simulation's own, so that
    /// what such an await leaves open to others is found. An engine never does it.
    /// </summary>
    internal virtual bool MayYield => false;

    /// <summary>Draws for one operation.</summary>
    /// <returns>Whether it completes behind <paramref name="others"/> and not at once.</returns>
    internal virtual bool TryYield(out Task others)
    {
        others = Task.CompletedTask;
        return false;
    }

    internal abstract SocketError FinishOutput();

    internal abstract void Abort();

    internal abstract void Close();

    /// <summary>Runs code of the user's (a continuation, a token's callbacks, a handler) in the engine's place, soon, never inside this call.</summary>
    internal abstract void Ready(IThreadPoolWorkItem work);

    /// <summary>From now on the connection's user code runs on the thread pool, where it may block. Engines that run it there anyway do nothing.</summary>
    internal virtual void MoveToPool()
    {
    }

    /// <summary>
    /// Where asynchronous code of this connection (its handler, and library code that awaits a task) goes on after an await. Null: on the thread pool. See <see cref="Engine.Context"/>.
    /// </summary>
    internal virtual SynchronizationContext? Context => null;
}

/// <summary>The upper half of a connection, as the engine sees it.</summary>
internal interface IStreamOwner
{
    /// <summary>The pending receive has ended.</summary>
    void OnReceived(IoResult result);

    /// <summary>
    /// The pending receive had reason to look, found nothing, and goes on waiting. An engine whose <see cref="StreamSocket.HasBytesWaiting"/> says yes while it looks owes this: whoever
    /// asked meanwhile was told that bytes are coming.
    /// </summary>
    void OnStillWaiting()
    {
    }

    /// <summary>The pending send has ended.</summary>
    void OnSent(IoResult result);

    /// <summary>User code of the connection held up its loop. The loop was taken over, and that code runs on the thread pool from now on. Called by another thread than the one that is held up.</summary>
    /// <param name="threadsLeft">So many more of the loop's threads may be held up; at 0 all user code of its connections runs on the
    /// thread pool until one comes back.</param>
    void OnRescued(int threadsLeft)
    {
    }
}
