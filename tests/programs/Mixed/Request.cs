using System.Buffers.Binary;

/// <summary>What a handler does between a request and its answer.</summary>
internal enum Work : byte
{
    // These await.
    Nothing,
    Http,               // HttpClient
    Database,           // a client library as database drivers are
    Channel,            // Channel<T>: a job for a worker task, which answers with many items
    Delay,              // Task.Delay
    PeriodicTimer,
    Timer,              // System.Threading.Timer
    Parallel,           // Parallel.ForEachAsync
    TaskRun,
    Semaphore,          // SemaphoreSlim.WaitAsync, held while awaiting
    Elsewhere,          // ConfigureAwait(false), and then the rest of the request is read

    // From here on they block their thread.
    HttpResult,         // .Result
    HttpSend,           // HttpClient.Send
    DatabaseResult,     // GetAwaiter().GetResult()
    DelayWait,          // .Wait()
    TaskRunResult,      // .Result of a task that needs the thread pool
    Lock,               // a System.Threading.Lock that others hold while they sleep
    Monitor,            // the same with an ordinary object
    SemaphoreWait,      // SemaphoreSlim.Wait, held while awaiting
    Sleep,
}

/// <summary>
/// A request: its work, milliseconds for it, and the lengths of its payload, of its tail (which only <see cref="Work.Elsewhere"/> has)
/// and of its answer. The answer's bytes follow from the request's bytes and from the result of the work, which follows from them too.
/// </summary>
internal sealed class Request(byte[] header, byte[] payload)
{
    internal const int HeaderLength = 12;       // the last four bytes are noise

    private const int Items = 5;                // of work that has parts

    internal Work Work => (Work)header[0];

    internal bool Blocks => Work >= Work.HttpResult;

    internal TimeSpan Time => TimeSpan.FromMilliseconds(header[1]);

    internal int TailLength => BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(4));

    internal int AnswerLength => BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(6));

    internal ulong Hash { get; } = Pure.Hash(header) ^ Pure.Mix(Pure.Hash(payload));

    internal static int PayloadLengthOf(byte[] header) => BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(2));

    internal static Request Make(Work work, int milliseconds, byte[] payload, int tailLength, int answerLength, int noise)
    {
        var header = new byte[HeaderLength];
        (header[0], header[1]) = ((byte)work, (byte)milliseconds);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), (ushort)payload.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), (ushort)tailLength);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)answerLength);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), noise);
        return new Request(header, payload);
    }

    internal byte[] ToBytes(byte[] tail) => [.. header, .. payload, .. tail];

    /// <summary>The numbers that work with parts adds up.</summary>
    internal IEnumerable<ulong> Parts() => Enumerable.Range(0, Items).Select(i => Hash + (ulong)i);

    internal ulong SumOfParts() => Parts().Aggregate(0ul, static (sum, part) => sum + Pure.Mix(part));

    /// <summary>What the work must come to.</summary>
    internal ulong ResultWith(byte[] tail) => Work switch
    {
        Work.Http or Work.HttpResult or Work.HttpSend or Work.Database or Work.DatabaseResult => Pure.Hash(Pure.Stored(Hash)),
        Work.Elsewhere => Pure.Mix(Hash ^ Pure.Hash(tail)),
        _ => SumOfParts(),
    };

    internal byte[] AnswerWith(ulong result) => Pure.Bytes(Pure.Mix(Hash) ^ result, AnswerLength);
}

/// <summary>The functions that both ends know.</summary>
internal static class Pure
{
    private const int MostStored = 3000;

    /// <summary>FNV-1a.</summary>
    internal static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037;
        foreach (var one in bytes)
        {
            hash = (hash ^ one) * 1099511628211;
        }
        return hash;
    }

    /// <summary>The finish of splitmix64.</summary>
    internal static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    internal static byte[] Bytes(ulong seed, int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)(Mix(seed + (ulong)(i / 8)) >> (i % 8 * 8));
        }
        return bytes;
    }

    /// <summary>What the servers behind the server keep under a key.</summary>
    internal static byte[] Stored(ulong key) => Bytes(Mix(key), 1 + (int)(key % MostStored));
}
