using Zocalo.Engines;
using Zocalo.Tests.Connections;

namespace Zocalo.Tests.Messaging;

/// <summary>Who sends a message sends those of others too that come meanwhile, for a while; then a work item does.</summary>
public sealed class HandedOverSendsTests
{
    private const int Messages = 200;

    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ScriptedSocket _socket = new();
    private readonly FramedConnection<Frame, Frame> _framed;
    private readonly TaskCompletionSource _allSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sender;            // the thread
    private int _sends;
    private int _sendsBySender;

    public HandedOverSendsTests()
    {
        _framed = _socket.Connect().AsFramed(Frames.LengthPrefixed());
        _socket.OnSend = _ =>
        {
            _sendsBySender += Environment.CurrentManagedThreadId == _sender ? 1 : 0;
            if (++_sends == Messages)
            {
                _allSent.SetResult();
            }
            else
            {
                _framed.TrySend(new byte[1]);       // another task's, which comes while this one is sent
            }
            return IoResult.Done(0);
        };
    }

    [Fact]
    public void A_sender_comes_back_though_others_go_on()
    {
        SendOne();
        Assert.InRange(_sendsBySender, 1, Messages / 2);
        _framed.Abort();
    }

    [Fact]
    public async Task What_it_leaves_is_sent_though_no_other_message_comes()
    {
        SendOne();
        await _allSent.Task.WaitAsync(Cap);
        _framed.Abort();
    }

    private void SendOne()
    {
        _sender = Environment.CurrentManagedThreadId;
        Assert.True(_framed.TrySend(new byte[1]));
    }
}
