using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Misbehaviour;

/// <summary>Correct code does not notice a stream that is merely difficult, and wrong code does.</summary>
public class MisbehavingInTheFrameworkTests
{
    private static readonly string[] Lines = [.. Enumerable.Range(0, 50).Select(i => $"line {i}: {new string('é', i)}")];

    [Fact]
    public async Task A_reader_and_a_writer_of_text_notice_nothing()
    {
        for (var seed = 0UL; seed < 50; seed++)
        {
            var options = MisbehavingStreamOptions.Harmless with { Seed = seed, HoldWrites = seed % 2 == 0 };
            var inner = new RecordingStream();
            await using (var writer = new StreamWriter(new MisbehavingStream(inner, options)))
            {
                foreach (var line in Lines)
                {
                    await writer.WriteLineAsync(line);
                }
            }
            using var reader = new StreamReader(new MisbehavingStream(new MemoryStream(inner.Written), options));
            foreach (var line in Lines)
            {
                Assert.Equal(line, await reader.ReadLineAsync());
            }
            Assert.Null(await reader.ReadLineAsync());
        }
    }

    [Fact]
    public async Task Tls_notices_nothing()
    {
        using var certificate = NewCertificate();
        for (var seed = 0UL; seed < 5; seed++)
        {
            var options = MisbehavingStreamOptions.Harmless with { Seed = seed };
            var (one, other) = await NewPairAsync();
            await using var client = new SslStream(
                new MisbehavingStream(one, options),
                false,
                (_, given, _, _) => given?.GetCertHashString() == certificate.GetCertHashString());
            await using var server = new SslStream(new MisbehavingStream(other, options with { Seed = seed + 1000 }), false);
            await Task.WhenAll(
                client.AuthenticateAsClientAsync("localhost"), server.AuthenticateAsServerAsync(certificate)).WaitAsync(Numbers.Cap);
            var sending = SendAsync(client);
            Assert.Equal(Numbers.Bytes(50_000), (await server.DrainAsync(asked: 1000)).Bytes);
            await sending.WaitAsync(Numbers.Cap);
        }

        static async Task SendAsync(SslStream client)
        {
            await client.WriteAsync(Numbers.Bytes(50_000));
            await client.ShutdownAsync();
        }
    }

    [Fact]
    public async Task A_parser_that_takes_one_read_for_one_message_is_found_out()
    {
        var message = Encoding.ASCII.GetBytes("HELLO");
        var wrong = 0;
        for (var seed = 0UL; seed < 20; seed++)
        {
            await using var stream = new MisbehavingStream(
                new MemoryStream(message), MisbehavingStreamOptions.Harmless with { Seed = seed });
            wrong += await stream.ReadAsync(new byte[100]) == message.Length ? 0 : 1;
        }
        Assert.InRange(wrong, 1, 20);
    }

    private static async Task<(NetworkStream One, NetworkStream Other)> NewPairAsync()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var one = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await one.ConnectAsync(listener.LocalEndPoint!);
        return (new(one, ownsSocket: true), new(await listener.AcceptAsync(), ownsSocket: true));
    }

    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
