using System.Buffers;
using System.Buffers.Binary;
using Zocalo;

/// <summary>
/// Echoes records of 64 bytes. The first byte says how, the next two (little-endian) for how many milliseconds: <c>S</c> sleeps, <c>W</c>
/// waits for a task without awaiting it, <c>A</c> awaits a timer and comes back to its loop, <c>R</c> awaits a thread of the pool that
/// sleeps and goes on there, <c>B</c> burns that much of its thread's processor time, anything else echoes at once.
/// </summary>
internal sealed class BlockingEcho
{
    private const int RecordLength = 64;

    private long _connections;
    private long _records;
    private long _blocked;
    private long _burned;

    public long Connections => _connections;

    public long Records => _records;

    public long Blocked => _blocked;

    public long Burned => _burned;

    public async Task ServeAsync(Connection connection, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _connections);
        while (true)
        {
            var read = await connection.Input.ReadAsync(cancellationToken);
            var bytes = read.Buffer;
            for (; bytes.Length >= RecordLength; bytes = bytes.Slice(RecordLength))
            {
                var record = bytes.Slice(0, RecordLength);
                var comesBack = record.FirstSpan[0] != (byte)'R';
                await ActAsync(record).ConfigureAwait(comesBack);
                record.CopyTo(connection.Output.GetSpan(RecordLength));
                connection.Output.Advance(RecordLength);
            }
            await connection.Output.FlushAsync(cancellationToken);
            connection.Input.AdvanceTo(bytes.Start, bytes.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private ValueTask ActAsync(in ReadOnlySequence<byte> record)
    {
        Span<byte> head = stackalloc byte[3];
        record.Slice(0, 3).CopyTo(head);
        var time = TimeSpan.FromMilliseconds(BinaryPrimitives.ReadUInt16LittleEndian(head[1..]));
        Interlocked.Increment(ref _records);
        switch (head[0])
        {
            case (byte)'S':
                Interlocked.Increment(ref _blocked);
                Thread.Sleep(time);
                return default;
            case (byte)'W':
                Interlocked.Increment(ref _blocked);
                Task.Delay(time).Wait();
                return default;
            case (byte)'A':
                return new ValueTask(Task.Delay(time));
            case (byte)'R':
                return GoOnElsewhereAsync(time);
            case (byte)'B':
                Interlocked.Increment(ref _burned);
                ProcessorTime.Burn(time);
                return default;
            default:
                return default;
        }
    }

    private static async ValueTask GoOnElsewhereAsync(TimeSpan time) => await Task.Run(() => Thread.Sleep(time)).ConfigureAwait(false);
}
