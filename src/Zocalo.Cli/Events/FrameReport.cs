namespace Zocalo.Cli;

/// <summary>The messages of one connection, counted, and told with <c>-v</c>. One caller at a time in each direction.</summary>
internal sealed class FrameReport(IEvents events, Connection connection, TimeProvider time)
{
    private readonly bool _isWanted = events.Volume == Volume.Verbose;
    private long _received;
    private long _sent;

    public void Received(int bytes) => Tell(ref _received, bytes, isSent: false);

    public void Sent(int bytes) => Tell(ref _sent, bytes, isSent: true);

    private void Tell(ref long number, int bytes, bool isSent)
    {
        number++;
        if (_isWanted)
        {
            events.Frame(new FrameNews(number, bytes)
            {
                Connection = (connection.Id, PeerName.Of(connection)),
                IsSent = isSent,
                Time = time.GetLocalNow(),
            });
        }
    }
}
