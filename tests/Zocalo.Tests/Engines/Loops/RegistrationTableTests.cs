using Zocalo.Engines.Loops;
using Zocalo.Engines.Polling;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>The table of a loop against a dictionary. Descriptors come in any order: the first one need not be the lowest.</summary>
public sealed class RegistrationTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Each_descriptor_keeps_its_own_handler_in_whichever_order_they_come(int seed)
    {
        var random = new Random(seed);
        for (var time = 0; time < 50; time++)
        {
            var table = new RegistrationTable();
            var model = new Dictionary<int, IRegistered?>();
            for (var i = 0; i < 20; i++)
            {
                var descriptor = random.Next(40);
                table[descriptor] = model[descriptor] = random.Next(4) == 0 ? null : new Handler();
                Assert.All(Enumerable.Range(0, 50), each => Assert.Same(model.GetValueOrDefault(each), table[each]));
            }
        }
    }

    private sealed class Handler : IRegistered
    {
        void IRegistered.OnReady(Readiness readiness)
        {
        }
    }
}
