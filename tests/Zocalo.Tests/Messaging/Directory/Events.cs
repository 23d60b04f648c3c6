using System.Threading.Channels;

namespace Zocalo.Tests.Messaging.Directory;

/// <summary>What a directory's events said, in their order: such as <c>ana online</c>, <c>ana offline Reset</c>.</summary>
internal sealed class Events
{
    private readonly Channel<string> _said = Channel.CreateUnbounded<string>();

    internal Events(PeerDirectory<string> directory)
    {
        directory.Online += (_, change) => _said.Writer.TryWrite($"{change.Key} online");
        directory.Offline += (_, change) => _said.Writer.TryWrite($"{change.Key} offline {change.Reason?.ToString() ?? "by itself"}");
    }

    internal async Task<string> NextAsync() => await _said.Reader.ReadAsync().AsTask().WaitAsync(Login.Cap);

    internal bool IsEmpty => _said.Reader.Count == 0;
}
