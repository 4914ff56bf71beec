"""Makes `golden.json`: prompts as the `transformers` library renders them, and their tokens.

The templates of SmolLM2 and Qwen2.5 are read from the models' own GGUF files and written beside this script; the one
in the style of Llama 3 is our own. The reference tokenizers are built with the `tokenizers` library from the
vocabulary and the merges of the same files, with the pre-tokenizers that the models were published with.

Usage: make.py FOLDER_OF_GGUF_FILES        (needs the packages transformers, jinja2 and gguf; no network)
"""

import json
import sys
from pathlib import Path

import jinja2
import transformers
from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from transformers.utils.chat_template_utils import render_jinja_template

HERE = Path(__file__).parent
FILES = {
    "smollm2": "SmolLM2-135M-Instruct.Q4_1.gguf",
    "qwen2.5": "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
}
BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
PRE_TOKENIZERS = {
    "smollm2": [pre_tokenizers.Digits(individual_digits=True), BYTES],
    "qwen2.5": [
        pre_tokenizers.Split(
            Regex(
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                r"|\s*[\r\n]+|\s+(?!\S)|\s+"
            ),
            "isolated",
        ),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ],
}
# llama.cpp's kinds of tokens.
CONTROL, USER_DEFINED = 3, 4


def tokenizer(name, path):
    """The reference tokenizer of a GGUF file, with its chat template."""
    fields = {key: field.contents() for key, field in GGUFReader(path).fields.items() if key.startswith("tokenizer.")}
    tokens, kinds = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    bare = Tokenizer(models.BPE(vocab={token: place for place, token in enumerate(tokens)}, merges=merges))
    bare.pre_tokenizer = pre_tokenizers.Sequence(PRE_TOKENIZERS[name])
    bare.decoder = decoders.ByteLevel()
    added = [(token, kind) for token, kind in zip(tokens, kinds) if kind in (CONTROL, USER_DEFINED)]
    bare.add_special_tokens([AddedToken(token, normalized=False) for token, kind in added if kind == CONTROL])
    bare.add_tokens([AddedToken(token, normalized=False) for token, kind in added if kind == USER_DEFINED])
    named = {key: tokens[fields[f"tokenizer.ggml.{key}_id"]] for key in ("bos_token", "eos_token")}
    template = fields["tokenizer.chat_template"]
    return PreTrainedTokenizerFast(tokenizer_object=bare, chat_template=template, **named)


def rendered(template, messages, **variables):
    """What the template makes of the messages, or that it refuses them."""
    try:
        prompts, _ = render_jinja_template([messages], chat_template=template, add_generation_prompt=True, **variables)
    except (jinja2.TemplateError, TypeError, ValueError):
        return None
    return prompts[0]


def cases(template, conversations, reference=None, **variables):
    for name, messages in conversations.items():
        case = {"conversation": name, "prompt": rendered(template, messages, **variables)}
        if reference is not None:
            # What spells a control token in a message stays text.
            case["tokens"] = reference.apply_chat_template(
                messages, add_generation_prompt=True, return_dict=False, sanitize_control_tokens=True
            )
        yield case


def main(folder):
    pairs = json.loads((HERE / "conversations.json").read_text())
    conversations = {
        name: [{"role": role, "content": content} for role, content in turns] for name, turns in pairs.items()
    }
    prompts = {}
    for name, file in FILES.items():
        reference = tokenizer(name, folder / file)
        (HERE / f"{name}.jinja").write_text(reference.chat_template)
        variables = {"bos_token": reference.bos_token, "eos_token": reference.eos_token}
        prompts[name] = list(cases(reference.chat_template, conversations, reference, **variables))
    variables = {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}
    prompts["llama3-style"] = list(cases((HERE / "llama3-style.jinja").read_text(), conversations, **variables))

    features = []
    messages = conversations["several turns"]
    for name, template in json.loads((HERE / "features.json").read_text()).items():
        prompt = rendered(template, messages, bos_token="<s>", eos_token="</s>")
        features.append({"name": name, "template": template, "prompt": prompt})
    made_with = {"transformers": transformers.__version__, "jinja2": jinja2.__version__}
    golden = {"made_with": made_with, "prompts": prompts, "features": features}
    (HERE / "golden.json").write_text(one_case_a_line(golden), encoding="utf-8")


def one_case_a_line(golden):
    """JSON that a person can compare line by line."""

    def lines(items):
        return "[\n  " + ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n ]"

    prompts = ",\n ".join(f"{json.dumps(name)}: {lines(items)}" for name, items in golden["prompts"].items())
    return (
        f'{{"made_with": {json.dumps(golden["made_with"])},\n"prompts": {{\n {prompts}\n}},\n'
        f'"features": {lines(golden["features"])}}}\n'
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
