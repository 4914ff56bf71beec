"""Makes the logs beside this script with the real inspect_ai and a scripted model; needs no network.

Two samples in two epochs, several turns, one tool call, one scorer. Usage: make_logs.py (pip install inspect_ai)
"""

import glob
import os
import shutil
import tempfile

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageTool, ChatMessageUser, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import match
from inspect_ai.solver import generate, solver, user_message

REPLIES = {
    "How many apples?": "Which apples do you mean?",
    "The red ones: 3 and 4.": "That makes 7",
    "How many pears?": "I guess 5",
}


def reply(messages, tools, choice, config):
    said = messages[-1].text
    output = ModelOutput.from_content("mockllm/model", REPLIES.get(said, "So it is 2"))
    output.usage = ModelUsage(input_tokens=10 * len(messages), output_tokens=5, total_tokens=10 * len(messages) + 5)
    return output


@solver
def look_up():
    async def solve(state, generate):
        state.messages.append(ChatMessageTool(content="3 + 4 = 7", tool_call_id="call-1", function="add"))
        return state

    return solve


SAMPLES = [
    Sample(id="apples-1", input="How many apples?", target="7", metadata={"setting": "sharded"}),
    Sample(
        id="pears-1",
        input=[ChatMessageSystem(content="Solve it."), ChatMessageUser(content="How many pears?")],
        target="3",
        metadata={"setting": "sharded"},
    ),
]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    for form in ("json", "eval"):
        with tempfile.TemporaryDirectory() as folder:
            task = Task(
                dataset=MemoryDataset(SAMPLES, name="fruit.json"),
                solver=[generate(), look_up(), user_message("The red ones: 3 and 4."), generate()],
                scorer=match(numeric=True),
                epochs=2,
                name="fruit",
            )
            model = get_model("mockllm/model", custom_outputs=reply)
            [log] = eval(task, model=model, log_format=form, log_dir=folder, max_samples=1, display="none")
            assert log.status == "success", log.error
            [written] = glob.glob(os.path.join(folder, f"*.{form}"))
            shutil.copy(written, os.path.join(here, f"fruit.{form}"))


main()
