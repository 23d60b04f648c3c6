using System.Net;
using System.Net.Sockets;
using Zocalo.Tests.Guide;

namespace Zocalo.Tests.Selecting;

/// <summary>The sample of the guide, with other guests than its own.</summary>
public class ChatSampleTests
{
    [Fact]
    public async Task What_one_says_all_hear()
    {
        using var chat = await Chat.StartAsync();
        using var ana = await chat.EnterAsync("Ana");
        using var ben = await chat.EnterAsync("Ben");
        Assert.Equal("Ben has come", await ana.HearAsync());
        await ben.SayAsync("mañana\nhasta ");
        Assert.Equal("Ben: mañana", await ana.HearAsync());
        Assert.Equal("Ben: mañana", await ben.HearAsync());
        await ana.SayAsync("sí\n");
        Assert.Equal("Ana: sí", await ana.HearAsync());       // half a line of Ben's is nobody's business
        await ben.SayAsync("luego\n");
        Assert.Equal("Ben: hasta luego", await ana.HearAsync());
        ben.Dispose();
        Assert.Equal("Ben has gone", await ana.HearAsync());
    }

    [Fact]
    public async Task Who_sends_a_line_without_end_is_put_out()
    {
        using var chat = await Chat.StartAsync();
        using var ana = await chat.EnterAsync("Ana");
        using var ben = await chat.EnterAsync("Ben");
        Assert.Equal("Ben has come", await ana.HearAsync());
        await ben.SayAsync(new string('x', 1001));
        Assert.Equal("Ben has gone", await ana.HearAsync());
        await ana.SayAsync("peace\n");
        Assert.Equal("Ana: peace", await ana.HearAsync());
    }

    [Fact]
    public async Task Who_reads_nothing_is_put_out_and_nobody_waits_for_him()
    {
        using var chat = await Chat.StartAsync();
        using var ana = await chat.EnterAsync("Ana");
        using var deaf = await chat.EnterAsync("deaf");
        Assert.Equal("deaf has come", await ana.HearAsync());
        var line = new string('x', 900);
        for (var said = 0; said < 100_000; said++)      // more than the system keeps for one socket
        {
            await ana.SayAsync(line + "\n");
            var heard = await ana.HearAsync();
            if (heard == "deaf has gone")
            {
                return;
            }
            Assert.Equal("Ana: " + line, heard);
        }
        Assert.Fail("He is still there.");
    }

    private sealed class Chat(SampleProcess program, IPEndPoint address) : IDisposable
    {
        internal static async Task<Chat> StartAsync()
        {
            var program = SampleProcess.Start("select-chat", "listen", "127.0.0.1:0");
            return new(program, IPEndPoint.Parse((await program.ReadLineAsync())!["listening on tcp://".Length..]));
        }

        internal async Task<Guest> EnterAsync(string name)
        {
            var client = new TcpClient();
            await client.ConnectAsync(address);
            var guest = new Guest(client);
            await guest.SayAsync(name + "\n");
            Assert.Equal($"{name} has come", await guest.HearAsync());
            return guest;
        }

        public void Dispose() => program.Dispose();
    }

    private sealed class Guest(TcpClient client) : IDisposable
    {
        private readonly StreamReader _reader = new(client.GetStream());

        internal async Task SayAsync(string words) =>
            await client.GetStream().WriteAsync(System.Text.Encoding.UTF8.GetBytes(words)).AsTask().WaitAsync(Ways.Patience);

        internal Task<string?> HearAsync() => _reader.ReadLineAsync().WaitAsync(Ways.Patience);

        public void Dispose()
        {
            _reader.Dispose();
            client.Dispose();
        }
    }
}
