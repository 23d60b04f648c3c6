using System.Buffers;
using Zocalo.Buffers;

namespace Zocalo.Engines;

/// <summary>
/// The bytes of one established stream, as an engine drives it: the lower half of a connection. Everything above is written once.
/// <para><b>What a stream socket owes</b> (the contract suite holds every engine to it):</para>
/// <list type="number">
/// <item><b>Completion.</b> <see cref="Receive"/>, <see cref="Send"/> and <see cref="FinishOutput"/> either answer at once or answer
/// <see cref="IoResult.Pending"/> and later call the owner exactly once, also after <see cref="Abort"/>. At most one receive, and one send
/// or FIN, is in flight; the owner sees to that.</item>
/// <item><b>Place.</b> The owner is called by the engine itself (a loop, a pool callback, a simulated step), never from
/// inside a call that any owner made, and with no lock of the engine held. Code of the user's runs by the connection's
/// <see cref="EngineScheduler"/> only, after the owner's call has returned.</item>
/// <item><b>Receive</b> fills the owner's <see cref="ReceiveBuffer"/>: reserve, fill, report the count; the owner commits. An engine that
/// learns of readiness first waits without a reservation, so that an idle connection holds no memory. It ends as bytes; as the end, which
/// is the peer's FIN and nothing but it (not a reset whose error a send took first); cut, where a stream has an end of its own above the
/// FIN and that did not come; or failed. Bytes that came before a FIN or an error are reported before it: a short read does not prove that
/// the kernel's queue is empty when its event carried a hang-up.</item>
/// <item><b>FinishReceive</b> comes from any thread, at any time, and never blocks. A receive that waits is answered soon: with what lies
/// in the kernel, or with <see cref="IoResult.Nothing"/>, after which the owner may receive again. Without one that waits it does nothing;
/// at a receive that comes meanwhile it may do either.</item>
/// <item><b>Send</b> hands over the whole sequence or fails; a partial write is the engine's own business. The memory stays
/// untouched until the answer.</item>
/// <item><b>FIN.</b> <see cref="FinishOutput"/> is called once, with no send in flight, and leaves receiving alone.</item>
/// <item><b>Abort</b> never blocks, comes from any thread, any number of times; the peer sees RST where the transport has one, and what is
/// in flight ends with an error soon.</item>
/// <item><b>Close</b> is called once, with nothing in flight, and the socket is not used afterwards. Memory lent to the kernel is
/// back before the owner hears of the end of an operation.</item>
/// <item><b>Threads.</b> Any call may come from any thread, one thread at a time for each direction. An engine that owns a loop hands
/// foreign calls over to it: tables, readiness and timers are touched by the loop's owner only. <see cref="TrySend"/> may decline (0 bytes)
/// whenever that is simpler.</item>
/// </list>
/// </summary>
/// <remarks>
/// The shape was chosen for what comes: readiness loops wait, then reserve, then read; a blocking thread polls its one
/// descriptor in a private loop; a ring delivers kernel-chosen memory by linking it in place of a reservation; a worker process
/// adopts a descriptor; a layer such as TLS is a stream socket over another one; a simulator answers from virtual time. See
/// docs/decisions/0003-the-engine-seam.md and 0014-the-seam-in-three.md.
/// </remarks>
internal abstract class StreamSocket
{
    internal abstract Address LocalAddress { get; }

    internal abstract Address RemoteAddress { get; }

    /// <summary>Where code of its connection runs, unless the connection is handed another one.</summary>
    internal abstract EngineScheduler Scheduler { get; }

    /// <summary>The upper half. Set before any other call, and again only while nothing is in flight.</summary>
    internal IStreamOwner Owner { get; private set; } = null!;

    internal void Attach(IStreamOwner owner) => Owner = owner;

    /// <summary>Bytes that the kernel took so far, those of a send in flight included: it shows the progress of a large send. Read from any
    /// thread.</summary>
    internal abstract long Sent { get; }

    /// <summary>Bytes that the kernel took and the peer has not acknowledged; 0 where the platform does not say.</summary>
    internal virtual int Unacknowledged => 0;

    /// <summary>How far the output has come. A slow but living peer is not cut while this moves. Read from any thread.</summary>
    internal StreamProgress Progress
    {
        get
        {
            while (true)
            {
                var sent = Sent;
                var unacknowledged = Unacknowledged;
                // Both of one moment: a queue that was refilled between the two readings could look as if nothing had moved.
                if (sent == Sent)
                {
                    return new(sent, sent - unacknowledged);
                }
            }
        }
    }

    /// <summary>What the system knows of the peer, whether anybody receives or not. Always <see cref="PeerState.There"/> where the platform
    /// does not say. Read from any thread.</summary>
    internal virtual PeerState Peer => PeerState.There;

    /// <summary>The peer is gone altogether. So a receive in flight has its answer soon: what came, then the end or the
    /// error.</summary>
    internal bool HasHungUp => Peer == PeerState.Gone;

    /// <summary>Bytes that have come and were not received; 0 where the platform does not say. Read from any thread.</summary>
    internal virtual int Unreceived => 0;

    /// <summary>The transport itself ends a connection whose peer takes nothing
    /// (<see cref="ConnectionOptions.WriteStallTimeout"/>).</summary>
    internal virtual bool FindsStalls => false;

    /// <summary>From now on the owner is to be called (<see cref="IStreamOwner.OnPeerLeft"/>) when the peer finishes or is gone, also while
    /// no receive waits. From any thread.</summary>
    /// <returns>False: this socket does not do that, and the owner has to look at <see cref="Peer"/> by itself.</returns>
    internal virtual bool WatchPeer() => false;

    /// <summary>Receives what is there, at least one byte, or waits for it.</summary>
    internal abstract IoResult Receive(ReceiveBuffer into);

    /// <summary>A receive that waits is to end soon, with what is there or with nothing: what a drain needs.</summary>
    internal abstract void FinishReceive();

    /// <summary>Sends all of it. <see cref="IoResult.Bytes"/> of the answer is not used.</summary>
    internal abstract IoResult Send(in ReadOnlySequence<byte> bytes);

    /// <summary>Sends what the kernel takes at once, from 0 bytes on; never pending. Called with no send in flight.</summary>
    internal abstract IoResult TrySend(ReadOnlySpan<byte> bytes);

    /// <summary>Sends the FIN, or what this stream has in its place.</summary>
    internal abstract IoResult FinishOutput();

    internal abstract void Abort();

    internal abstract void Close();
}

/// <summary>What the system knows of a stream's peer.</summary>
internal enum PeerState : byte
{
    /// <summary>Nothing else is known.</summary>
    There,

    /// <summary>It has finished: behind the bytes that have come there is a FIN.</summary>
    Finished,

    /// <summary>It is gone: it takes nothing more either.</summary>
    Gone,
}

/// <summary>How far the output of a stream has come.</summary>
/// <param name="Sent">Bytes that the kernel took.</param>
/// <param name="Acknowledged">Bytes of them that the peer's system has acknowledged; all where the platform does not say.</param>
internal readonly record struct StreamProgress(long Sent, long Acknowledged);

/// <summary>The upper half of a connection, as its socket sees it.</summary>
internal interface IStreamOwner
{
    /// <summary>The pending receive has ended.</summary>
    void OnReceived(IoResult result);

    /// <summary>The pending send has ended.</summary>
    void OnSent(IoResult result);

    /// <summary>The pending FIN is out, or never will be.</summary>
    void OnOutputFinished(IoResult result);

    /// <summary>The peer may have finished or be gone: <see cref="StreamSocket.Peer"/> says it. After
    /// <see cref="StreamSocket.WatchPeer"/>, any number of times.</summary>
    void OnPeerLeft();
}
