using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

/// <summary>
/// A client library as database drivers are: a pool of connections behind a semaphore, pipes over a NetworkStream, ConfigureAwait(false)
/// at each await. It knows nothing of engines.
/// </summary>
internal sealed class Database(int port, int most) : IDisposable
{
    private const int QueriesPerSession = 200;      // then it is closed, and another is opened

    private readonly SemaphoreSlim _free = new(most);
    private readonly ConcurrentQueue<Session> _idle = new();

    internal async Task<byte[]> QueryAsync(ulong key, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        Session? session = null;
        try
        {
            if (!_idle.TryDequeue(out session))
            {
                session = await Session.OpenAsync(port, cancellationToken).ConfigureAwait(false);
            }
            var row = await session.QueryAsync(key, cancellationToken).ConfigureAwait(false);
            if (session.Queries < QueriesPerSession)
            {
                _idle.Enqueue(session);
                session = null;
            }
            return row;
        }
        finally
        {
            session?.Dispose();
            _free.Release();
        }
    }

    public void Dispose()
    {
        while (_idle.TryDequeue(out var session))
        {
            session.Dispose();
        }
        _free.Dispose();
    }

    private sealed class Session(TcpClient client) : IDisposable
    {
        private readonly PipeReader _input = PipeReader.Create(client.GetStream());
        private readonly PipeWriter _output = PipeWriter.Create(client.GetStream());

        internal int Queries { get; private set; }

        internal static async Task<Session> OpenAsync(int port, CancellationToken cancellationToken)
        {
            var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken).ConfigureAwait(false);
            return new Session(client);
        }

        internal async Task<byte[]> QueryAsync(ulong key, CancellationToken cancellationToken)
        {
            Queries++;
            BinaryPrimitives.WriteUInt64LittleEndian(_output.GetSpan(Backends.KeyLength), key);
            _output.Advance(Backends.KeyLength);
            await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
            var length = await ReadAsync(Backends.LengthLength, cancellationToken).ConfigureAwait(false);
            return await ReadAsync(BinaryPrimitives.ReadInt32LittleEndian(length), cancellationToken).ConfigureAwait(false);
        }

        public void Dispose()
        {
            _input.Complete();
            client.Dispose();
        }

        private async ValueTask<byte[]> ReadAsync(int length, CancellationToken cancellationToken)
        {
            var read = await _input.ReadAtLeastAsync(length, cancellationToken).ConfigureAwait(false);
            if (read.Buffer.Length < length)
            {
                throw new EndOfStreamException("the database hung up");
            }
            var bytes = read.Buffer.Slice(0, length).ToArray();
            _input.AdvanceTo(read.Buffer.GetPosition(length));
            return bytes;
        }
    }
}
