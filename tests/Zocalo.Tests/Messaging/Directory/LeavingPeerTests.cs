namespace Zocalo.Tests.Messaging.Directory;

/// <summary>A broadcast passes over peers that are still bound and can no longer be sent to, wherever they stand, and reaches the
/// others.</summary>
public sealed class LeavingPeerTests
{
    private readonly PeerDirectory<int> _directory = new();

    [Fact]
    public Task A_peer_whose_output_was_completed_is_gone_and_the_others_get_it() => PassesOverAsync(async peer =>
    {
        await peer.CompleteOutputAsync().AsTask().WaitAsync(Login.Cap);
    });

    [Fact]
    public Task A_peer_that_is_being_closed_is_gone_and_the_others_get_it() => PassesOverAsync(peer =>
    {
        _ = peer.CloseAsync();      // it waits for the client's FIN
        return Task.CompletedTask;
    });

    private async Task PassesOverAsync(Func<FramedConnection<Frame, Frame>, Task> leaveAsync)
    {
        var logins = Enumerable.Range(0, 6).Select(_ => new Login()).ToList();
        foreach (var (key, login) in logins.Index())
        {
            _directory.Bind(key, login.Peer);
        }
        foreach (var login in logins.Where((_, i) => i % 2 == 0))
        {
            await leaveAsync(login.Peer);
        }
        var result = await _directory.BroadcastAsync("hello"u8.ToArray());
        Assert.Equal(new BroadcastResult(Sent: 3, 0, 0, Gone: 3), result);
        foreach (var login in logins.Where((_, i) => i % 2 != 0))
        {
            var heard = await login.Client.Input.ReadAtLeastAsync(4 + 5).AsTask().WaitAsync(Login.Cap);
            Assert.Equal(4 + 5, heard.Buffer.Length);
            login.Client.Input.AdvanceTo(heard.Buffer.End);
        }
        foreach (var login in logins)
        {
            await login.DisposeAsync();
        }
    }
}
