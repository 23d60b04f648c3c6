using System.Text;

namespace Zocalo.Contract.Claims;

/// <summary>A connection as a Stream, for all that reads and writes streams; and a forgotten flush dead-locks nobody.</summary>
public sealed class StreamClaims
{
    [Claim]
    public async Task A_write_is_sent_at_once_without_a_flush(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var stream = pair.Client.AsStream();
        await stream.WriteAsync("request"u8.ToArray()).InTime();
        await pair.Server.HearAsync("request");
    }

    [Claim]
    public async Task Asking_through_the_pipe_and_waiting_on_the_stream_needs_no_flush(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        pair.Client.Write("request");
        var answer = new byte[6];
        var reading = pair.Client.AsStream().ReadExactlyAsync(answer).AsTask();
        await pair.Server.HearAsync("request");
        await pair.Server.SayAsync("answer");
        await reading.InTime();
        Assert.Equal("answer"u8.ToArray(), answer);
    }

    [Claim]
    public async Task A_write_goes_out_while_a_read_waits(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var stream = pair.Client.AsStream();
        var answer = new byte[6];
        var reading = stream.ReadExactlyAsync(answer).AsTask();
        await stream.WriteAsync("request"u8.ToArray()).InTime();
        await pair.Server.HearAsync("request");
        await pair.Server.SayAsync("answer");
        await reading.InTime();
        Assert.Equal("answer"u8.ToArray(), answer);
    }

    [Claim]
    public async Task Lines_can_be_read_by_a_StreamReader_and_written_by_a_StreamWriter(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        using var reader = new StreamReader(pair.Server.AsStream(leaveOpen: true));
        await using var writer = new StreamWriter(pair.Client.AsStream(leaveOpen: true)) { AutoFlush = true };
        for (var line = 0; line < 100; line++)
        {
            await writer.WriteLineAsync($"line {line}: ¡Hola!").InTime();
            Assert.Equal($"line {line}: ¡Hola!", await reader.ReadLineAsync().InTime());
        }
    }

    [Claim]
    public async Task Values_can_be_read_by_a_BinaryReader_and_written_by_a_BinaryWriter(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await Beside.Run(() =>
        {
            using var writer = new BinaryWriter(pair.Client.AsStream(leaveOpen: true), Encoding.UTF8);
            using var reader = new BinaryReader(pair.Server.AsStream(leaveOpen: true), Encoding.UTF8);
            for (var value = 0; value < 100; value++)
            {
                writer.Write(value);
                writer.Write($"text {value}");
                Assert.Equal(value, reader.ReadInt32());
                Assert.Equal($"text {value}", reader.ReadString());
            }
        }).InTime();
    }

    [Claim(Needs = Needs.Threads)]
    public async Task Blocking_reads_and_writes_work_from_threads(Transport transport)
    {
        var bytes = Chance.Bytes(2_000_000);
        await using var pair = await transport.ConnectAsync();
        var writing = OnThread(() =>
        {
            using var stream = pair.Client.AsStream();
            for (var written = 0; written < bytes.Length; written += 10_000)
            {
                stream.Write(bytes, written, 10_000);
            }
            stream.Flush();
        });
        var received = new byte[bytes.Length];
        var reading = OnThread(() =>
        {
            var stream = pair.Server.AsStream();
            stream.ReadExactly(received);
            Assert.Equal(0, stream.Read(new byte[1]));
            stream.Dispose();
        });
        await Task.WhenAll(writing, reading).InTime();
        Assert.Equal(bytes, received);
    }

    [Claim]
    public async Task A_stream_reads_zero_at_the_peers_FIN_and_again(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        await pair.Client.CompleteOutputAsync().InTime();
        var stream = pair.Server.AsStream();
        Assert.Equal(0, await stream.ReadAsync(new byte[10]).InTime());
        Assert.Equal(0, await stream.ReadAsync(new byte[10]).InTime());
    }

    [Claim]
    public async Task A_read_of_no_bytes_takes_nothing(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var stream = pair.Server.AsStream();
        await pair.Client.SayAsync("all of it");
        Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty).InTime());
        await pair.Server.HearAsync("all of it");
    }

    [Claim]
    public async Task CopyToAsync_from_stream_to_stream_is_an_echo(Transport transport)
    {
        var bytes = Chance.Bytes(1_000_000);
        await using var pair = await transport.ConnectAsync();
        var stream = pair.Server.AsStream();
        var echoing = EchoAsync();
        var hearing = pair.Client.TakeAllAsync();
        await pair.Client.SendAsync(bytes).InTime();
        await pair.Client.CompleteOutputAsync().InTime();
        Assert.Equal(bytes, await hearing);
        await echoing.InTime();

        async Task EchoAsync()
        {
            await stream.CopyToAsync(stream);
            await stream.DisposeAsync();
        }
    }

    [Claim]
    public async Task A_stream_tells_of_a_reset_as_an_IOException(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reading = pair.Server.AsStream().ReadAsync(new byte[1]).AsTask();
        await pair.ResetByClientAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => reading.InTime());
    }

    private static Task OnThread(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
