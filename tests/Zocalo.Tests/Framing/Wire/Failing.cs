namespace Zocalo.Tests.Framing.Wire;

/// <summary>A read that must fail, both ways, wherever its bytes are split, and leave the reader where it was.</summary>
internal static class Failing
{
    public static void Read(byte[] bytes, string message, WireCase.Reading read, WireCase.Trying tryRead)
    {
        foreach (var frame in Spread.Everywhere(bytes))
        {
            var reader = new WireReader(frame);
            Assert.False(tryRead(ref reader, out var found));
            Assert.Equal(0, reader.Position);
            Assert.True(found is null or 0 or 0L or 0u or 0ul or Frame { IsEmpty: true }, $"a failed read gave {found}");
            Assert.Equal(message, Thrown(ref reader, read).Message);
            Assert.Equal((0, bytes.Length), (reader.Position, reader.Remaining));
        }
    }

    /// <summary>For what Assert.Throws cannot be given: a ref struct.</summary>
    public static WireException Thrown(ref WireReader reader, WireCase.Reading read)
    {
        object found;
        try
        {
            found = read(ref reader);
        }
        catch (WireException thrown)
        {
            return thrown;
        }
        Assert.Fail($"nothing was thrown, and {found} was read");
        return null!;
    }
}
