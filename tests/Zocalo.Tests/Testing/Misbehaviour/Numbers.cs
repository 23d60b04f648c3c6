namespace Zocalo.Tests.Testing.Misbehaviour;

internal static class Numbers
{
    internal static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    /// <summary>Bytes whose values are their positions.</summary>
    internal static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)i)];

    /// <summary>Reads to the end, and returns the number of bytes of each read.</summary>
    internal static async Task<(byte[] Bytes, List<int> Sizes)> DrainAsync(this Stream stream, int asked = 64)
    {
        var bytes = new List<byte>();
        var sizes = new List<int>();
        var buffer = new byte[asked];
        while (await stream.ReadAsync(buffer).AsTask().WaitAsync(Cap) is > 0 and var count)
        {
            Assert.InRange(count, 1, asked);
            bytes.AddRange(buffer.AsSpan(0, count));
            sizes.Add(count);
        }
        return ([.. bytes], sizes);
    }
}
