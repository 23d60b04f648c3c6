using System.Security.Cryptography;

namespace Zocalo.Contract.Claims;

/// <summary>Much of everything. Runs alone, since it takes the whole machine.</summary>
[Collection(nameof(RunsAlone))]
public sealed class BulkClaims
{
    private const int Piece = 1 << 20;
    private const int Pieces = 64;

    [Claim]
    public async Task Sixty_four_MiB_go_each_way_at_once_and_arrive_unchanged(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();

        var up = SendAsync(pair.Client, Chance.Bytes(Piece, seed: 1));
        var down = SendAsync(pair.Server, Chance.Bytes(Piece, seed: 2));
        var upReceived = ReceiveAsync(pair.Server);
        var downReceived = ReceiveAsync(pair.Client);

        Assert.Equal((await up.InTime(), Pieces * (long)Piece), await upReceived.InTime());
        Assert.Equal((await down.InTime(), Pieces * (long)Piece), await downReceived.InTime());
        var (client, server) = await pair.CloseAsync();
        Assert.Equal(Pieces * (long)Piece, client.BytesSent);
        Assert.Equal(Pieces * (long)Piece, server.BytesSent);
    }

    private static async Task<string> SendAsync(Connection connection, byte[] piece)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (byte i = 0; i < Pieces; i++)
        {
            piece[0] = i;
            hash.AppendData(piece);
            await connection.SendAsync(piece).InTime();
        }
        await connection.CompleteOutputAsync().InTime();
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static async Task<(string Hash, long Count)> ReceiveAsync(Connection connection)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var count = 0L;
        while (true)
        {
            var read = await connection.Input.ReadAsync().InTime();
            foreach (var part in read.Buffer)
            {
                hash.AppendData(part.Span);
            }
            count += read.Buffer.Length;
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return (Convert.ToHexString(hash.GetHashAndReset()), count);
            }
        }
    }
}
